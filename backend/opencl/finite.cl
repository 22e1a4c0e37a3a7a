
// Sets flag if a value is NaN or infinite. Each item looks at a stretch of them or, on
// GPUs, at every so manieth.
__kernel void find_nonfinite(__global const real *restrict values, ulong n, __global int *flag)
{
	const size_t item = get_global_id(0), items = get_global_size(0);
#ifdef ROWS
	const size_t from = item*n/items, to = (item + 1)*n/items, by = 1;
#else
	const size_t from = item, to = n, by = items;
#endif
	int bad = 0;
	for (size_t i = from; i < to; i += by)
		bad |= !isfinite(values[i]);
	if (bad)
		*flag = 1;
}
