"""Writes the small arrays that the tests read. Usage: python3 generate.py OUTDIR

Made with numpy 1.24.2. Values of a file with shape (2, 3, 4) or the like are
0, 1, 2, ... in row-major order, less 5 if the type is signed.
"""
import sys
import numpy as np

out = sys.argv[1]
lib = np.lib.format


def ramp(dtype, shape):
    a = np.arange(int(np.prod(shape))).reshape(shape)
    return (a - 5 if np.dtype(dtype).kind in "if" else a).astype(dtype)


def save(name, array, version=None):
    with open(f"{out}/{name}.npy", "wb") as f:
        lib.write_array(f, array, version=version)


for kind in ["f4", "f8", "i2", "i4", "i8", "u2", "u4", "u8"]:
    for order, letter in ("<", "le"), (">", "be"):
        save(f"{kind}_{letter}", ramp(order + kind, (2, 3)))
save("i1", ramp("i1", (2, 3)))
save("u1", ramp("u1", (2, 3)))
save("fortran", np.asfortranarray(ramp("<f4", (2, 3, 4))))
save("fortran_be", np.asfortranarray(ramp(">i4", (3, 2, 2, 2))))
save("scalar", ramp("<f8", ()))
save("empty", ramp("<f4", (0, 3)))
save("vector", ramp("<f4", (7,)))
save("version2", ramp("<f4", (2, 3)), version=(2, 0))
save("version3", ramp("<f4", (2, 3)), version=(3, 0))
save("bad_object", np.array([{}, None], dtype=object))
save("bad_complex", ramp("<c8", (2, 3)))
save("bad_structured", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
np.savez(f"{out}/one.npz", v=ramp("<f4", (2, 3)))
np.savez_compressed(f"{out}/zeros.npz", zeros=np.zeros((100, 100)), v=ramp("<f8", (2, 3)))
