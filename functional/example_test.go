package functional_test

import (
	"fmt"

	"github.com/d52adeda/wave/array"
	"github.com/d52adeda/wave/functional"
)

// energy is the sum of the squares of a's elements.
func energy(a *array.Array) (*array.Array, error) { return array.Dot(a, a), nil }

func ExampleJVP() {
	square := func(x *array.Array) (*array.Array, error) { return array.Mul(x, x), nil }
	y, dy, err := functional.JVP(square, vec(1, 2, 3), vec(1, 0, -1))
	fmt.Println(y.Float64s(), dy.Float64s(), err)
	// Output: [1 4 9] [2 0 -6] <nil>
}

func ExampleVMap() {
	// Gradients at two points at once.
	points := array.Of64([]float64{1, 2, 3, 4}, 2, 2)
	grads, err := functional.VMap(functional.Grad(energy))(points)
	fmt.Println(grads.Shape(), grads.Float64s(), err)
	// Output: [2 2] [2 4 6 8] <nil>
}

func ExampleGrad() {
	grad, err := functional.Grad(energy)(vec(1, 2, 3))
	fmt.Println(grad.Float64s(), err)
	// Output: [2 4 6] <nil>
}

func ExampleLinearize() {
	y, tangent, err := functional.Linearize(energy, vec(1, 2, 3))
	fmt.Println(y.Float64s(), err)
	for _, direction := range []*array.Array{vec(1, 0, 0), vec(0, 0, 1)} { // energy is not called again
		dy, err := tangent(direction)
		fmt.Println(dy.Float64s(), err)
	}
	// Output:
	// [14] <nil>
	// [2] <nil>
	// [6] <nil>
}

func ExampleHessian() {
	hessian, err := functional.Hessian(energy, 0)(vec(1, 2))
	fmt.Println(hessian.Shape(), hessian.Float64s(), err)
	// Output: [2 2] [2 0 0 2] <nil>
}

func ExampleVMapN() {
	// One direction after the other along axis 1, the point the same for all, two
	// directions at a time.
	f := func(x []*array.Array) ([]*array.Array, error) {
		_, slope, err := functional.JVP(energy, x[0], x[1])
		return []*array.Array{slope}, err
	}
	directions := array.Of64([]float64{1, 0, 1, 0, 1, 1}, 2, 3)
	slopes, err := functional.VMapN(f, functional.VMapOptions{In: []*int{nil, functional.Axis(1)}, Chunk: 2})([]*array.Array{vec(1, 2), directions})
	fmt.Println(slopes[0].Float64s(), err)
	// Output: [2 4 6] <nil>
}
