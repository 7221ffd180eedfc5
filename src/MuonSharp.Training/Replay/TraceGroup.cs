using System.Collections.Immutable;
using MuonSharp.Optimizers;

namespace MuonSharp.Training;

/// <summary>Parameters of a recorded run that one optimizer stepped with the same options.</summary>
/// <param name="Parameters">The parameters' names, at least one, each in one group only.</param>
/// <param name="Options">The options, whose type says which optimizer.</param>
/// <param name="Layout">How the group's weights are stored: [out, in] or [in, out].</param>
public sealed record TraceGroup(ImmutableArray<string> Parameters, OptimizerOptions Options, MatrixLayout Layout);
