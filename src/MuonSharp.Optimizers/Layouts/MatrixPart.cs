namespace MuonSharp.Optimizers;

/// <summary>A range of a tensor's fan-out that is a matrix of its own: the query of a fused QKV, the gate of a fused gate-up.</summary>
/// <param name="Name">What the part is, unique in its layout (<c>query</c>).</param>
/// <param name="FanOut">Its number of outputs, at least 1.</param>
/// <param name="Heads">Attention heads that share the outputs equally, 0 when it has none.</param>
public sealed record MatrixPart(string Name, int FanOut, int Heads = 0);
