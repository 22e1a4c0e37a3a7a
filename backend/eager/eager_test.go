package eager_test

import (
	"testing"

	"github.com/d52adeda/wave/backend/backendtest"
	_ "github.com/d52adeda/wave/backend/eager"
)

func TestConformance(t *testing.T) { backendtest.Run(t, "eager") }
