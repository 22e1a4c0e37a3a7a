package backend

import "github.com/d52adeda/wave/array"

// Sum adds the present values of a wavefield to sum, [padded grid]: those of all shots, one after
// the other, so that its bits depend neither on how many shots a plan has nor on threads. Where
// a backend can pick a shot, the host holds one at a time.
func Sum(s Stepper, name string, shots int, sum []float64) error {
	one, picks := s.(Picker)
	for shot := range shots {
		var a *array.Array
		var err error
		if picks {
			a, err = one.FieldOf(name, shot)
		} else if a, err = s.Field(name); err == nil {
			shape := a.Shape()
			from := make([]int, len(shape))
			from[0], shape[0] = shot, 1
			a = array.Slice(a, from, shape)
		}
		if err == nil {
			err = a.Err()
		}
		if err != nil {
			return err
		}
		if a.DType() == array.Float32 {
			err = add[float32](sum, a)
		} else {
			err = add[float64](sum, a)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func add[T array.Float](sum []float64, a *array.Array) error {
	data, err := array.Data[T](a)
	for i, x := range data {
		sum[i] += float64(x)
	}
	return err
}
