#!/usr/bin/env python3
"""Fits the polynomials of src/kernels/math.h and prints their coefficients with the largest weighted error.

    scripts/fit_polynomials.py        (needs Debian's python3-numpy and python3-mpmath)

Each is the polynomial of its degree whose largest relative error is least (Lawson's reweighted least squares), rounded
to float.
"""
import mpmath as mp
import numpy as np

mp.mp.dps = 40


def fit(name, f, low, high, degree, weight, points=600, rounds=400):
    angles = np.pi * (np.arange(points) + 0.5) / points
    x = (low + high) / 2 + (high - low) / 2 * np.cos(angles)
    y = np.array([float(f(mp.mpf(float(t)))) for t in x])
    w = np.array([float(weight(mp.mpf(float(t)))) for t in x])
    size = max(abs(low), abs(high))
    powers = np.vander(x / size, degree + 1, increasing=True)
    density = np.ones(points) / points
    for _ in range(rounds):
        root = np.sqrt(density) * w
        c = np.linalg.lstsq(powers * root[:, None], y * root, rcond=None)[0]
        error = np.abs((powers @ c - y) * w)
        density *= error + 1e-30
        density /= density.sum()
    print(f"{name:6} {error.max():.2g}  {[np.float32(v) for v in c / size ** np.arange(degree + 1)]}")


def near(x, formula, limit):
    return formula(x) if abs(x) > 1e-6 else limit


half = float(mp.log(2) / 2) * 1.01
fit("exp", lambda r: near(r, lambda r: (mp.exp(r) - 1 - r) / r**2, mp.mpf(1) / 2 + r / 6), -half, half, 4, lambda r: r**2)
fit("tanh", lambda z: (mp.tanh(mp.sqrt(z)) / mp.sqrt(z) - 1) / z, 1e-8, 0.625**2, 4, lambda z: z)
fit("log", lambda f: near(f, lambda f: (mp.log(1 + f) - f + f * f / 2) / f**3, mp.mpf(1) / 3 - f / 4), float(mp.sqrt(0.5)) - 1, float(mp.sqrt(2)) - 1, 8,
    lambda f: near(f, lambda f: f**3 / mp.log(1 + f), f * f))
fit("erf", lambda x: -mp.log(mp.erfc(x)) / x - 1, 1e-4, 3.93, 8, lambda x: x * mp.erfc(x) / mp.erf(x))
fit("exp2", lambda r: near(r, lambda r: (2**r - 1) / r, mp.log(2)), -0.5, 0.5, 4, lambda r: r / 2**r)
fit("normal", lambda x: -mp.log(mp.erfc(x / mp.sqrt(2)), 2) / x, 1e-4, 5.6, 7, lambda x: x * mp.erfc(x / mp.sqrt(2)) * mp.log(2))
density = lambda x: mp.exp(-x * x / 2) / mp.sqrt(2 * mp.pi)
fit("beyond", lambda x: mp.erfc(x / mp.sqrt(2)) / 2 / density(x), 0, 4.6, 11, density)
