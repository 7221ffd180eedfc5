namespace MuonSharp.Nn;

/// <summary>Queries, keys or values: a range of a tensor's columns.</summary>
/// <param name="Tensor">[batch·time, columns].</param>
/// <param name="Column">First column.</param>
internal readonly record struct AttentionOperand(Tensor Tensor, int Column);
