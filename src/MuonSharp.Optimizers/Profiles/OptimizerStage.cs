namespace MuonSharp.Optimizers;

/// <summary>A part of an update, and what one update of all parameters does in it.</summary>
/// <param name="Name">What is done.</param>
/// <param name="Flops">Multiply-adds of matrix products, two operations each; elementwise arithmetic counts nothing.</param>
/// <param name="Bytes">Bytes that have to move at least once.</param>
internal readonly record struct OptimizerStage(string Name, double Flops, double Bytes);
