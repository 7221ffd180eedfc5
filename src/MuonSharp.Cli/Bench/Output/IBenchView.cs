namespace MuonSharp.Cli.Bench;

/// <summary>One way to show measurements: to a person, to a program.</summary>
internal interface IBenchView
{
    /// <summary>A peak was measured.</summary>
    void Peak(int threads, int vectorBits, double gflops);

    /// <summary>Cases of a family follow.</summary>
    void Family(BenchFamily family);

    /// <summary>A case was measured.</summary>
    void Result(BenchResult result);
}
