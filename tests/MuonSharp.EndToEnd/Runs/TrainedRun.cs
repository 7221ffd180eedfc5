using MuonSharp.EndToEnd.Processes;

namespace MuonSharp.EndToEnd.Runs;

/// <summary>A run of ten steps that tests only read, trained once for all tests of a class.</summary>
public sealed class TrainedRun : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TrainedRun() => Training = Tool.Run(TinyRun.Train(folder, Run, "--steps", "10", "--json")).Exits(0);

    /// <summary>The run's folder.</summary>
    public string Run => folder.At("run");

    /// <summary>The text it was trained on.</summary>
    public string Text => folder.At("text.txt");

    /// <summary>What the training run said, as JSON Lines.</summary>
    internal ProcessResult Training { get; }

    public void Dispose() => folder.Dispose();
}
