package wavelet_test

import (
	"fmt"

	"github.com/d52adeda/wave/wavelet"
)

func ExampleRicker() {
	const freq = 25.0
	w, err := wavelet.Ricker(freq, 5, 0.01, 0.02)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("%.4f\n", w)
	// Output: [-0.3337 -0.1261 1.0000 -0.1261 -0.3337]
}

func ExampleGaussianDerivative() {
	w, _ := wavelet.GaussianDerivative(25, 4, 0.005, 0.0075)
	fmt.Printf("%.4f\n", w)
	// Output: [0.9704 0.5994 -0.5994 -0.9704]
}

func ExampleGabor() {
	w, _ := wavelet.Gabor(25, 5, 0.005, 0.01, 0.02, 0.1)
	fmt.Printf("%.4f\n", w)
	// Output: [0.0881 0.7503 0.9950 0.6135 -0.0881]
}

func ExampleOrmsby() {
	w, _ := wavelet.Ormsby(5, 10, 40, 60, 5, 0.005, 0.01)
	fmt.Printf("%.4f\n", w)

	_, err := wavelet.Ormsby(5, 10, 60, 40, 5, 0.005, 0.01)
	fmt.Println(err)
	// Output:
	// [-0.1693 0.5620 1.0000 0.5620 -0.1693]
	// wavelet: corner frequencies are 5, 10, 60, 40, want 0 <= f1 < f2 <= f3 < f4, finite
}

// A burst of five cycles at 1 MHz, sampled at 20 MHz.
func ExampleToneBurst() {
	w, _ := wavelet.ToneBurst(1e6, 5, 110, 50e-9, 0)
	fmt.Printf("%.3f %.3f %.3f\n", w[0], w[45], w[105])
	// Output: 0.000 0.976 0.000
}
