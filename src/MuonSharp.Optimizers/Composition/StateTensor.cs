using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>A named piece of an optimizer's memory, such as <c>muon.momentum/model.layers.0.mlp.up_proj.weight</c>.</summary>
/// <param name="Name">The kind of state, a slash, and the parameter's name.</param>
/// <param name="Shape">The parameter's shape, or that of the statistic.</param>
/// <param name="Memory">The values, in place.</param>
public readonly record struct StateTensor(string Name, ImmutableArray<int> Shape, MemoryBlock Memory);
