//! Nothing: what there is to build is a test.
