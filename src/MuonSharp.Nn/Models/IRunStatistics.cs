namespace MuonSharp.Nn;

/// <summary>Statistics that a layer moves by each training run, one run after the other, such as batch norm's running mean.</summary>
/// <remarks>One process needs none of this. Processes that share a step hold the moves back, tell each other what their runs have left, and all take in the runs of all, in the order in which one
/// process would have made them: then the statistics have its bits.</remarks>
public interface IRunStatistics
{
    /// <summary>Bytes of what one run leaves.</summary>
    int RunLength { get; }

    /// <summary>Whether a training run moves nothing, and only leaves what <see cref="ReadRun"/> gives. At first false.</summary>
    /// <exception cref="InvalidOperationException">The layer stands in its network more than once, and one run leaves more than one of them.</exception>
    bool HoldsRuns { get; set; }

    /// <summary>What the last training run left.</summary>
    /// <param name="run">Where it goes, <see cref="RunLength"/> bytes.</param>
    void ReadRun(Span<byte> run);

    /// <summary>Moves the statistics by what a run has left, of this process or of another.</summary>
    /// <param name="run">What it left, <see cref="RunLength"/> bytes.</param>
    void TakeRun(ReadOnlySpan<byte> run);
}
