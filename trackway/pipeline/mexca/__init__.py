"""mexca's interface to faces in video, `FaceExtractor` and `VideoAnnotation` (SPEC M1 to M29), over our own networks."""
