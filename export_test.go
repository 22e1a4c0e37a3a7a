package wave

// DerivedTemporaries is what the estimate of memory counts.
const DerivedTemporaries = derivedTemporaries
