using MuonSharp.Numerics.Tests;

namespace MuonSharp.Nn.Tests.Models;

/// <summary>Tests that count what the whole process allocates run alone.</summary>
[SettledMemory]
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public class WholeProcess;
