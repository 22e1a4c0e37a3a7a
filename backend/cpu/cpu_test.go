package cpu_test

import (
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
	_ "github.com/d52adeda/wave/backend/cpu"
)

func TestConformance(t *testing.T) { backendtest.Run(t, "cpu") }

func TestReference(t *testing.T) { backendtest.Reference(t, "cpu", backendtest.All()...) }
