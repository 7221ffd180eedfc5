using MuonSharp.Nn;

namespace MuonSharp.Cli.Bench;

/// <summary>A recorded operation, forward and backward.</summary>
internal abstract class TapeCase(string name, Tape tape) : BenchCase(name, tape)
{
    private double? _flops;

    /// <summary>What the operations say of themselves.</summary>
    public override double Flops => _flops ??= Count();

    /// <inheritdoc/>
    public override void Run()
    {
        tape.Forward();
        tape.Backward();
    }

    private double Count()
    {
        var profile = tape.StartProfile();
        Prepare();
        Run();
        tape.StopProfile();
        return profile.Operations().Sum(operation => operation.Work.Flops);
    }
}
