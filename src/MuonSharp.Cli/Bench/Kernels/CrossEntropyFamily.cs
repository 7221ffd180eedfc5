using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>Head and loss of a language model with all gradients.</summary>
internal sealed class CrossEntropyCase : TapeCase
{
    public CrossEntropyCase(string name, WorkerTeam team, int tokens, int width, int vocabulary)
        : this(name, new Tape(team, training: true), (tokens, width, vocabulary))
    {
    }

    private CrossEntropyCase(string name, Tape tape, (int Tokens, int Width, int Vocabulary) size)
        : base(name, tape)
    {
        Tensor x = tape.Input("x", size.Tokens, size.Width, gradient: true);
        Tensor head = tape.Input("head", size.Vocabulary, size.Width, gradient: true);
        TokenBuffer targets = tape.Tokens("targets", size.Tokens);
        tape.CrossEntropy(x, head, targets);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        new RandomStream(1, "head").FillNormal(head.Value, 0, 0);
        for (int i = 0; i < size.Tokens; i++)
        {
            targets.Span[i] = (int)((i * 7919L) % size.Vocabulary);
        }
    }
}

/// <summary>Head and loss.</summary>
internal sealed class CrossEntropyFamily() : BenchFamily(
    "cross-entropy",
    "cross-entropy-TxWxV",
    "head and loss of T tokens of width W over a vocabulary of V, with all gradients",
    "cross-entropy-768x128x65",
    "cross-entropy-2048x384x65",
    "cross-entropy-256x768x50257",
    "cross-entropy-1024x768x50257")
{
    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) =>
        BenchName.Parse(Name, name) is { Sizes: [var tokens, var width, var vocabulary], Variant: "" }
            ? context => new CrossEntropyCase(name, context.Team, tokens, width, vocabulary)
            : null;
}

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
        TapeProfile profile = tape.StartProfile();
        Prepare();
        Run();
        tape.StopProfile();
        return profile.Operations().Sum(operation => operation.Work.Flops);
    }
}
