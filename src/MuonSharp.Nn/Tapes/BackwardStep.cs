namespace MuonSharp.Nn;

/// <summary>One call of the backward run.</summary>
/// <param name="Operation">Number of the operation.</param>
/// <param name="Recomputes">Whether its forward is called, to have again what was not kept; else its backward.</param>
internal readonly record struct BackwardStep(int Operation, bool Recomputes);
