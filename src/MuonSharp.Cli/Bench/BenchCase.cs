namespace MuonSharp.Cli.Bench;

/// <summary>Something whose time is measured.</summary>
/// <param name="name">The name that the user gave.</param>
/// <param name="owned">What is freed with the case.</param>
internal abstract class BenchCase(string name, params IDisposable[] owned) : IDisposable
{
    /// <summary>The name that the user gave.</summary>
    public string Name => name;

    /// <summary>FLOPs of a call that are really made; 0: none are counted.</summary>
    public virtual double Flops => 0;

    /// <summary>Bytes that a call moves; 0: none are counted.</summary>
    public virtual double Bytes => 0;

    /// <summary>After the warm-up: what was noted so far does not count.</summary>
    public virtual void Start()
    {
    }

    /// <summary>Between two calls, not measured: restores what a call destroys.</summary>
    public virtual void Prepare()
    {
    }

    /// <summary>A call.</summary>
    public abstract void Run();

    /// <summary>After each round.</summary>
    /// <param name="peak">The peak beside it, 10⁹ operations a second.</param>
    public virtual void EndRound(double peak)
    {
    }

    /// <summary>What only some cases know; called after the last round.</summary>
    /// <param name="result">What all cases have.</param>
    public virtual BenchResult Complete(BenchResult result) => result;

    /// <inheritdoc/>
    public virtual void Dispose()
    {
        foreach (var resource in owned)
        {
            resource.Dispose();
        }
    }
}
