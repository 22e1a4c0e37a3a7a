// The calls of Vulkan that take arrays. Here they are made with their structs on the
// C stack: vulkan-go keeps such structs in memory that a finalizer may free while the
// call still reads it. The few types below are those of the Vulkan specification for
// 64-bit machines; no system header is needed.
#include <dlfcn.h>
#include <stddef.h>
#include <stdint.h>

typedef void *object;    // a dispatchable handle
typedef uint64_t handle; // any other

typedef void (*function)(void);
typedef function (*lookup)(object, const char *);

// Structure types, descriptor types and bits, by the specification's numbers.
enum {
	APPLICATION_INFO = 0, INSTANCE_CREATE_INFO = 1, DEVICE_QUEUE_CREATE_INFO = 2, DEVICE_CREATE_INFO = 3,
	SUBMIT_INFO = 4, SHADER_MODULE_CREATE_INFO = 16, PIPELINE_CACHE_CREATE_INFO = 17,
	PIPELINE_SHADER_STAGE_CREATE_INFO = 18, COMPUTE_PIPELINE_CREATE_INFO = 29, PIPELINE_LAYOUT_CREATE_INFO = 30,
	DESCRIPTOR_SET_LAYOUT_CREATE_INFO = 32, DESCRIPTOR_POOL_CREATE_INFO = 33, DESCRIPTOR_SET_ALLOCATE_INFO = 34,
	WRITE_DESCRIPTOR_SET = 35, MEMORY_BARRIER = 46,
	STORAGE_BUFFER = 7, STAGE_COMPUTE = 0x20,
	FEATURES = 55, SHADER_FLOAT64 = 39,
	MOST_BINDINGS = 256, MOST_CONSTANTS = 64,
	FAILED = -3, // VK_ERROR_INITIALIZATION_FAILED
};

typedef struct { int32_t type; const void *next; const char *app; uint32_t appVersion; const char *engine; uint32_t engineVersion, api; } applicationInfo;
typedef struct { int32_t type; const void *next; uint32_t flags; const applicationInfo *app; uint32_t layers; const char *const *layer; uint32_t extensions; const char *const *extension; } instanceInfo;
typedef struct { int32_t type; const void *next; uint32_t flags, family, count; const float *priorities; } queueInfo;
typedef struct { int32_t type; const void *next; uint32_t flags, queues; const queueInfo *queue; uint32_t layers; const char *const *layer; uint32_t extensions; const char *const *extension; const uint32_t *features; } deviceInfo;
typedef struct { int32_t type; const void *next; uint32_t waits; const handle *wait; const uint32_t *stage; uint32_t commands; const object *command; uint32_t signals; const handle *signal; } submitInfo;
typedef struct { int32_t type; const void *next; uint32_t flags; size_t size; const void *code; } moduleInfo;
typedef struct { int32_t type; const void *next; uint32_t flags; size_t size; const void *data; } cacheInfo;
typedef struct { uint32_t id, offset; size_t size; } specialEntry;
typedef struct { uint32_t count; const specialEntry *entry; size_t size; const void *data; } specialInfo;
typedef struct { int32_t type; const void *next; uint32_t flags, stage; handle module; const char *name; const specialInfo *special; } stageInfo;
typedef struct { int32_t type; const void *next; uint32_t flags; stageInfo stage; handle layout, base; int32_t baseIndex; } pipelineInfo;
typedef struct { uint32_t stages, offset, size; } pushRange;
typedef struct { int32_t type; const void *next; uint32_t flags, sets; const handle *set; uint32_t pushes; const pushRange *push; } layoutInfo;
typedef struct { uint32_t binding, type, count, stages; const handle *samplers; } setBinding;
typedef struct { int32_t type; const void *next; uint32_t flags, count; const setBinding *binding; } setLayoutInfo;
typedef struct { uint32_t type, count; } poolSize;
typedef struct { int32_t type; const void *next; uint32_t flags, sets, sizes; const poolSize *size; } poolInfo;
typedef struct { int32_t type; const void *next; handle pool; uint32_t count; const handle *layout; } allocateInfo;
typedef struct { handle buffer; uint64_t offset, size; } bufferInfo;
typedef struct { int32_t type; const void *next; handle set; uint32_t binding, element, count, kind; const void *image; const bufferInfo *buffer; const handle *view; } writeInfo;
typedef struct { int32_t type; const void *next; uint32_t source, target; } memoryBarrier;
typedef struct { uint64_t source, target, size; } bufferCopy;

typedef struct { uint32_t flags, count, timestampBits, granularity[3]; } familyInfo;
typedef struct { uint32_t flags, heap; } typeInfo;
typedef struct { uint64_t size; uint32_t flags; } heapInfo;
typedef struct { uint32_t types; typeInfo type[32]; uint32_t heaps; heapInfo heap[16]; } memoryInfo;

// openLoader returns vkGetInstanceProcAddr of the system's Vulkan loader, or NULL.
// The loader is never closed: drivers do not survive that.
static void *openLoader(const char *name) {
	void *lib = dlopen(name, RTLD_NOW | RTLD_LOCAL);
	return lib ? dlsym(lib, "vkGetInstanceProcAddr") : NULL;
}

static const char *loaderError(void) {
	const char *e = dlerror();
	return e ? e : "it has no vkGetInstanceProcAddr";
}

// createInstance creates an instance of Vulkan 1.0, with the validation layer if wanted.
static int32_t createInstance(void *get, int validate, object *out) {
	int32_t (*create)(const instanceInfo *, const void *, object *) = (void *)((lookup)get)(NULL, "vkCreateInstance");
	if (!create) return FAILED;
	static const char *const layers[] = {"VK_LAYER_KHRONOS_validation"}, *const extensions[] = {"VK_EXT_debug_report"};
	applicationInfo app = {APPLICATION_INFO, 0, "wave", 1, "wave", 1, 1u << 22};
	instanceInfo info = {INSTANCE_CREATE_INFO, 0, 0, &app, validate ? 1 : 0, layers, validate ? 1 : 0, extensions};
	return create(&info, 0, out);
}

// queueFamilies writes what the families of a device's queues can do, at most so many,
// and returns how many there are.
static uint32_t queueFamilies(void *get, object instance, object physical, uint32_t *flags, uint32_t most) {
	void (*list)(object, uint32_t *, familyInfo *) = (void *)((lookup)get)(instance, "vkGetPhysicalDeviceQueueFamilyProperties");
	familyInfo family[16];
	if (!list) return 0;
	if (most > 16) most = 16;
	list(physical, &most, family);
	for (uint32_t i = 0; i < most; i++) flags[i] = family[i].flags;
	return most;
}

// memories writes what memory a device has.
static int memories(void *get, object instance, object physical, memoryInfo *out) {
	void (*list)(object, memoryInfo *) = (void *)((lookup)get)(instance, "vkGetPhysicalDeviceMemoryProperties");
	if (list) list(physical, out);
	return list != NULL;
}

// createDevice opens a device with one queue of a family.
static int32_t createDevice(void *get, object instance, object physical, uint32_t family, int float64, object *out) {
	int32_t (*create)(object, const deviceInfo *, const void *, object *) = (void *)((lookup)get)(instance, "vkCreateDevice");
	if (!create) return FAILED;
	uint32_t features[FEATURES] = {0};
	features[SHADER_FLOAT64] = float64 ? 1 : 0;
	float priority = 1;
	queueInfo queue = {DEVICE_QUEUE_CREATE_INFO, 0, 0, family, 1, &priority};
	deviceInfo info = {DEVICE_CREATE_INFO, 0, 0, 1, &queue, 0, 0, 0, 0, features};
	return create(physical, &info, 0, out);
}

// calls are a device's functions.
typedef struct {
	int32_t (*createModule)(object, const moduleInfo *, const void *, handle *);
	int32_t (*createCache)(object, const cacheInfo *, const void *, handle *);
	int32_t (*createPipelines)(object, handle, uint32_t, const pipelineInfo *, const void *, handle *);
	int32_t (*createLayout)(object, const layoutInfo *, const void *, handle *);
	int32_t (*createSetLayout)(object, const setLayoutInfo *, const void *, handle *);
	int32_t (*createPool)(object, const poolInfo *, const void *, handle *);
	int32_t (*allocateSets)(object, const allocateInfo *, handle *);
	void (*updateSets)(object, uint32_t, const writeInfo *, uint32_t, const void *);
	int32_t (*submit)(object, uint32_t, const submitInfo *, handle);
	void (*barrier)(object, uint32_t, uint32_t, uint32_t, uint32_t, const memoryBarrier *, uint32_t, const void *, uint32_t, const void *);
	void (*copy)(object, handle, handle, uint32_t, const bufferCopy *);
	void (*bindSets)(object, uint32_t, handle, uint32_t, uint32_t, const handle *, uint32_t, const uint32_t *);
	void (*push)(object, handle, uint32_t, uint32_t, uint32_t, const void *);
} calls;

static int loadCalls(void *get, object instance, object device, calls *c) {
	lookup of = (lookup)((lookup)get)(instance, "vkGetDeviceProcAddr");
	if (!of) return 0;
	c->createModule = (void *)of(device, "vkCreateShaderModule");
	c->createCache = (void *)of(device, "vkCreatePipelineCache");
	c->createPipelines = (void *)of(device, "vkCreateComputePipelines");
	c->createLayout = (void *)of(device, "vkCreatePipelineLayout");
	c->createSetLayout = (void *)of(device, "vkCreateDescriptorSetLayout");
	c->createPool = (void *)of(device, "vkCreateDescriptorPool");
	c->allocateSets = (void *)of(device, "vkAllocateDescriptorSets");
	c->updateSets = (void *)of(device, "vkUpdateDescriptorSets");
	c->submit = (void *)of(device, "vkQueueSubmit");
	c->barrier = (void *)of(device, "vkCmdPipelineBarrier");
	c->copy = (void *)of(device, "vkCmdCopyBuffer");
	c->bindSets = (void *)of(device, "vkCmdBindDescriptorSets");
	c->push = (void *)of(device, "vkCmdPushConstants");
	return c->createModule && c->createCache && c->createPipelines && c->createLayout && c->createSetLayout && c->createPool &&
		c->allocateSets && c->updateSets && c->submit && c->barrier && c->copy && c->bindSets && c->push;
}

static int32_t createModule(const calls *c, object device, const void *code, size_t size, handle *out) {
	moduleInfo info = {SHADER_MODULE_CREATE_INFO, 0, 0, size, code};
	return c->createModule(device, &info, 0, out);
}

static int32_t createCache(const calls *c, object device, const void *data, size_t size, handle *out) {
	cacheInfo info = {PIPELINE_CACHE_CREATE_INFO, 0, 0, size, data};
	return c->createCache(device, &info, 0, out);
}

// createPipeline compiles entry point main with specialization constants 0 .. count-1.
static int32_t createPipeline(const calls *c, object device, handle cache, handle module, handle layout, const uint32_t *constants, uint32_t count, handle *out) {
	specialEntry entry[MOST_CONSTANTS];
	if (count > MOST_CONSTANTS) return FAILED;
	for (uint32_t i = 0; i < count; i++) entry[i] = (specialEntry){i, 4 * i, 4};
	specialInfo special = {count, entry, 4 * (size_t)count, constants};
	pipelineInfo info = {COMPUTE_PIPELINE_CREATE_INFO, 0, 0, {PIPELINE_SHADER_STAGE_CREATE_INFO, 0, 0, STAGE_COMPUTE, module, "main", &special}, layout, 0, -1};
	return c->createPipelines(device, cache, 1, &info, 0, out);
}

// createSetLayout describes count storage buffers.
static int32_t createSetLayout(const calls *c, object device, uint32_t count, handle *out) {
	setBinding binding[MOST_BINDINGS];
	if (count > MOST_BINDINGS) return FAILED;
	for (uint32_t i = 0; i < count; i++) binding[i] = (setBinding){i, STORAGE_BUFFER, 1, STAGE_COMPUTE, 0};
	setLayoutInfo info = {DESCRIPTOR_SET_LAYOUT_CREATE_INFO, 0, 0, count, binding};
	return c->createSetLayout(device, &info, 0, out);
}

static int32_t createLayout(const calls *c, object device, handle set, uint32_t pushBytes, handle *out) {
	pushRange range = {STAGE_COMPUTE, 0, pushBytes};
	layoutInfo info = {PIPELINE_LAYOUT_CREATE_INFO, 0, 0, 1, &set, pushBytes ? 1 : 0, &range};
	return c->createLayout(device, &info, 0, out);
}

static int32_t createPool(const calls *c, object device, uint32_t sets, uint32_t buffers, handle *out) {
	poolSize size = {STORAGE_BUFFER, buffers};
	poolInfo info = {DESCRIPTOR_POOL_CREATE_INFO, 0, 0, sets, 1, &size};
	return c->createPool(device, &info, 0, out);
}

// createSet takes a set from a pool and puts count buffers into it.
static int32_t createSet(const calls *c, object device, handle pool, handle layout, const bufferInfo *buffers, uint32_t count, handle *out) {
	allocateInfo info = {DESCRIPTOR_SET_ALLOCATE_INFO, 0, pool, 1, &layout};
	int32_t r = c->allocateSets(device, &info, out);
	if (r) return r;
	for (uint32_t i = 0; i < count; i++) {
		writeInfo w = {WRITE_DESCRIPTOR_SET, 0, *out, i, 0, 1, STORAGE_BUFFER, 0, &buffers[i], 0};
		c->updateSets(device, 1, &w, 0, 0);
	}
	return 0;
}

static int32_t submit(const calls *c, object queue, object command, handle fence) {
	submitInfo info = {SUBMIT_INFO, 0, 0, 0, 0, 1, &command, 0, 0};
	return c->submit(queue, 1, &info, fence);
}

static void barrier(const calls *c, object command, uint32_t sourceStage, uint32_t targetStage, uint32_t source, uint32_t target) {
	memoryBarrier m = {MEMORY_BARRIER, 0, source, target};
	c->barrier(command, sourceStage, targetStage, 0, 1, &m, 0, 0, 0, 0);
}

static void copyBuffer(const calls *c, object command, handle from, handle to, uint64_t source, uint64_t target, uint64_t size) {
	bufferCopy region = {source, target, size};
	c->copy(command, from, to, 1, &region);
}

static void bindSet(const calls *c, object command, handle layout, handle set) {
	c->bindSets(command, 1, layout, 0, 1, &set, 0, 0);
}

static void pushConstants(const calls *c, object command, handle layout, const uint32_t *words, uint32_t count) {
	c->push(command, layout, STAGE_COMPUTE, 0, 4 * count, words);
}
