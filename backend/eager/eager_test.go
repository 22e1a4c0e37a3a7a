package eager_test

import (
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
	_ "github.com/d52adeda/wave/backend/eager"
)

func TestConformance(t *testing.T) { backendtest.Run(t, "eager") }

func TestReference(t *testing.T) { backendtest.Reference(t, "eager", backendtest.All()...) }
