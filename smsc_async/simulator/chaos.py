"""Stub."""


class Chaos: ...


class ChaosRun: ...
