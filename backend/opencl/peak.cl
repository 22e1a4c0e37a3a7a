
// Raises peak to the greatest upper word of a value, without its sign. Each item looks
// at a stretch of them or, on GPUs, at every so manieth.
__kernel void find_peak(__global const uint *restrict words, ulong n, __global uint *peak)
{
	const size_t item = get_global_id(0), items = get_global_size(0);
#ifdef ROWS
	const size_t from = item*n/items, to = (item + 1)*n/items, by = 1;
#else
	const size_t from = item, to = n, by = items;
#endif
	const size_t each = sizeof(real)/sizeof(uint);
	uint most = 0;
	for (size_t i = from; i < to; i += by)
		most = max(most, words[i*each + each - 1] & 0x7fffffffu);
	atomic_max(peak, most);
}
