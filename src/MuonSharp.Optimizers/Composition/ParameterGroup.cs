namespace MuonSharp.Optimizers;

/// <summary>Parameters that share their options: learning rate, schedule, decay.</summary>
/// <param name="Name">Unique in the optimizer; names the group in the report.</param>
/// <param name="Parameters">The group's parameters, at least one.</param>
/// <param name="Options">The options of the optimizer that steps them.</param>
public sealed record ParameterGroup(string Name, IReadOnlyList<Parameter> Parameters, OptimizerOptions Options);
