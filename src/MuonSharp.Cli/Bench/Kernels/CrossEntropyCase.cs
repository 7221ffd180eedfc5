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
        var x = tape.Input("x", size.Tokens, size.Width, gradient: true);
        var head = tape.Input("head", size.Vocabulary, size.Width, gradient: true);
        var targets = tape.Tokens("targets", size.Tokens);
        tape.CrossEntropy(x, head, targets);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        new RandomStream(1, "head").FillNormal(head.Value, 0, 0);
        for (var i = 0; i < size.Tokens; i++)
        {
            targets.Span[i] = (int)((i * 7919L) % size.Vocabulary);
        }
    }
}
