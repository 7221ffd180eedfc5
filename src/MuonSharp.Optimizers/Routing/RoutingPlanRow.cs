namespace MuonSharp.Optimizers;

/// <summary>Where one parameter goes, and why.</summary>
/// <param name="Parameter">The parameter.</param>
/// <param name="Matrices">Independent matrices that its layout splits it into, 0 when it is not stepped as matrices.</param>
/// <param name="Optimizer">The optimizer's name.</param>
/// <param name="Group">The group's name.</param>
/// <param name="Reason">Why it goes there.</param>
public sealed record RoutingPlanRow(Parameter Parameter, int Matrices, string Optimizer, string Group, string Reason);
