package segy

// Sensor is what recorded the traces of a file: the trace identification code, bytes 29-30.
type Sensor int

// The sensors that the standard has a code for, as a line of them has its axes; all else is
// SeismicData.
const (
	SeismicData Sensor = iota // the zero value
	Pressure
	Vertical
	CrossLine
	InLine
)

// code is what is stored.
func (s Sensor) code() int16 { return [...]int16{1, 11, 12, 13, 14}[s] }

// polarity is the code of bytes 3257-3258: 2 if an increase in pressure, or a geophone's moving
// upward, gives positive numbers, 1 if negative ones; 0 where that says nothing. Z, and with it the
// vertical component, is positive down.
func (s Sensor) polarity() int16 {
	switch s {
	case Pressure:
		return 2
	case Vertical:
		return 1
	}
	return 0
}

// Unit is that of the samples: the trace value measurement unit, bytes 203-204.
type Unit int16

// The units that the standard has a code for and a simulation uses; OtherUnit is to be said in
// Text.
const (
	OtherUnit       Unit = -1
	UnknownUnit     Unit = 0
	Pascal          Unit = 1
	MetresPerSecond Unit = 6
)
