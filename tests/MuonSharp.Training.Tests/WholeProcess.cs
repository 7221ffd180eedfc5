using MuonSharp.Numerics.Tests;

namespace MuonSharp.Training.Tests;

/// <summary>Tests that count what the whole process holds or allocates run alone.</summary>
[SettledMemory]
[CollectionDefinition(nameof(WholeProcess), DisableParallelization = true)]
public class WholeProcess;
