namespace MuonSharp.Nn;

/// <summary>What one run of an operation does, whatever time it takes: the measure of its speed.</summary>
/// <param name="Flops">Multiply-adds of its matrix products that are really made, two operations each. Elementwise arithmetic is not counted: memory,
/// not arithmetic, limits it.</param>
/// <param name="Bytes">Bytes that have to move at least once: every operand read, every result written, results that are added to read as well.
/// Caches may save some, scratch memory adds some.</param>
public readonly record struct OperationWork(double Flops, double Bytes);
