using BenchmarkDotNet.Attributes;
using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Benchmarks;

/// <summary>Operations of a training step on 2048 tokens of width 384, forward and backward.</summary>
#pragma warning disable CA1001 // The cleanup that BenchmarkDotNet calls frees the tape.
public class OperationBenchmarks : TeamBenchmark
#pragma warning restore CA1001
{
    private const int Tokens = 2048;
    private const int Width = 384;
    private Tape _tape = null!;

    /// <summary>The operation.</summary>
    [Params("layernorm", "gelu", "swiglu", "linear with gelu", "attention 256", "attention 1024", "cross-entropy 65")]
    public string Operation { get; set; } = string.Empty;

    /// <summary>Forward, then backward.</summary>
    [Benchmark]
    public void ForwardBackward()
    {
        _tape.Forward();
        _tape.Backward();
    }

    /// <inheritdoc/>
    public override void Stop()
    {
        _tape.Dispose();
        base.Stop();
    }

    /// <inheritdoc/>
    protected override void Prepare()
    {
        _tape = new Tape(Team, training: true);
        Tensor x = _tape.Input("x", Tokens, 3 * Width, gradient: true);
        Tensor narrow = _tape.Input("narrow", Tokens, Width, gradient: true);
        Tensor? output = Operation switch
        {
            "layernorm" => _tape.LayerNorm(x, _tape.Input("gain", 1, 3 * Width, gradient: true)),
            "gelu" => _tape.Activate(x, Activation.Gelu),
            "swiglu" => _tape.SwiGlu(x, _tape.Input("up", Tokens, 3 * Width, gradient: true)),
            "linear with gelu" => _tape.Linear(narrow, _tape.Input("weight", 4 * Width, Width, gradient: true), activation: Activation.Gelu),
            "attention 256" => Attention(256),
            "attention 1024" => Attention(1024),
            _ => null,
        };
        if (output is null)
        {
            _tape.CrossEntropy(narrow, _tape.Input("head", 65, Width, gradient: true), _tape.Tokens("targets", Tokens));
        }
        else
        {
            _tape.Seed(output);
        }

        _tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        new RandomStream(1, "narrow").FillNormal(narrow.Value, 0, 0);
    }

    private Tensor Attention(int time) => _tape.Attention(
        _tape.Input("fused", new Sequences(Tokens / time, time), 3 * Width, gradient: true), new AttentionShape { Heads = Width / 64, HeadWidth = 64 }).Output;
}
