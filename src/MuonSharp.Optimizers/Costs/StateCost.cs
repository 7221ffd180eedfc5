namespace MuonSharp.Optimizers;

/// <summary>One kind of an optimizer's state.</summary>
/// <param name="Name">What it holds: <c>momentum</c>, <c>second moment</c>.</param>
/// <param name="Bytes">Memory over all of the optimizer's parameters, alignment included.</param>
public sealed record StateCost(string Name, long Bytes);
