namespace MuonSharp.Optimizers;

/// <summary>Where an optimizer's time went.</summary>
/// <param name="Optimizer">The optimizer, such as <c>muon</c>; <c>gate</c> for the check and the norm of all gradients.</param>
/// <param name="Stage">The part of its update.</param>
/// <param name="Calls">Updates that were measured.</param>
/// <param name="Elapsed">Their time. Where matrices run one a worker, each part has its share of the workers' time.</param>
/// <param name="Flops">Multiply-adds of matrix products, two operations each; elementwise arithmetic counts nothing, nor do the products of
/// Shampoo's and SOAP's preconditioners.</param>
/// <param name="Bytes">Bytes that had to move at least once.</param>
public sealed record StageTime(string Optimizer, string Stage, long Calls, TimeSpan Elapsed, double Flops, double Bytes);
