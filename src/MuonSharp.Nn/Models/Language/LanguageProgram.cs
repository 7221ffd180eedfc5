using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>A model's computation for one shape of batch: write <see cref="Inputs"/> and <see cref="Targets"/>, run, read.</summary>
/// <remarks>After construction nothing is allocated. Not for use by two threads at once. The model that keeps a program frees it after a while
/// (<see cref="LanguageModel.Program"/>): ask for it again rather than hold it.</remarks>
public sealed unsafe class LanguageProgram : IDisposable
{
    private readonly Tape _tape;
    private readonly LanguageGraph _graph;
    private readonly Sequences _sequences;
    private readonly Tensor[] _layerMaxima;
    private readonly float[] _maximumLogits;
    private bool _disposed;

    internal LanguageProgram(Tape tape, LanguageGraph graph, Sequences sequences)
    {
        (_tape, _graph, _sequences, Training) = (tape, graph, sequences, tape.Training);
        _graph.Targets?.Span.Fill(CrossEntropyRecording.Ignored);
        _tape.Compile();
        _layerMaxima = [.. graph.MaximumLogits];
        _maximumLogits = new float[_layerMaxima.Sum(layer => layer.Columns)];
        Vocabulary = _graph.Head.Rows;
    }

    /// <summary>Number of sequences.</summary>
    public int Batch => _sequences.Batch;

    /// <summary>Tokens of each sequence.</summary>
    public int Time => _sequences.Time;

    /// <summary>Whether it computes gradients.</summary>
    public bool Training { get; }

    /// <summary>Length of a row of logits.</summary>
    public int Vocabulary { get; }

    /// <summary>Tokens [batch, time], for the caller to write; they stay until overwritten.</summary>
    public Span<int> Inputs => Live(_graph.Inputs);

    /// <summary>The token that should follow each input [batch, time], or -1 for a position that does not count. At first all -1. Empty in a program
    /// without a loss.</summary>
    public Span<int> Targets => Live(_graph.Targets);

    /// <summary>The place of each input in its document [batch, time], 0 to the context - 1, for the caller to write; at first 0 to time - 1 in each sequence. A
    /// document ends where the next position is not one higher, and its tokens see nothing of others. Empty in a program that is not packed.</summary>
    public Span<int> Positions => Live(_sequences.Positions);

    /// <summary>Training step: a key of dropout.</summary>
    public ulong Step
    {
        get => _tape.Step;
        set => _tape.Step = value;
    }

    /// <summary>Number within the step of the batch's first sequence: a key of dropout. Micro-batches of one step count on.</summary>
    public uint FirstSample
    {
        get => _tape.FirstSample;
        set => _tape.FirstSample = value;
    }

    /// <summary>Factor of the gradients of the next <see cref="Forward"/> and <see cref="Backward()"/>: 1/k for each of k micro-batches. Default 1.
    /// It is set before the forward run, which already computes the head's gradient.</summary>
    public float GradientScale
    {
        get => Loss.GradientScale;
        set => Loss.GradientScale = value;
    }

    /// <summary>Targets of the last forward run that counted.</summary>
    public int CountedTokens => (int)(_graph.Loss?.Counted ?? 0);

    /// <summary>Sum of the loss over the counted targets of the last forward run, in nats.</summary>
    public double LossSum => _graph.Loss?.Sum ?? 0;

    /// <summary>Each head's largest scaled, visible attention logit of the last forward run, [layers, heads].</summary>
    public ReadOnlySpan<float> MaximumLogits => _maximumLogits;

    /// <summary>What lies where in the program's memory.</summary>
    public MemoryPlan MemoryPlan => _tape.MemoryPlan;

    /// <summary>FLOPs of the matrix products of a run, see <see cref="Tape.Flops"/>.</summary>
    public double Flops => _tape.Flops;

    /// <summary>The recorded operations, in order.</summary>
    public IReadOnlyList<Operation> Operations => _tape.Operations;

    /// <summary>Computes the mean loss over the counted targets. A training program also adds the head's gradient to the store; a
    /// <see cref="Backward()"/> must follow before the gradients are used.</summary>
    /// <returns>Nats per counted target; 0 when none counts, or the program has no loss.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An input or a target is outside the vocabulary, or a position outside the context.</exception>
    public double Forward()
    {
        _tape.Forward();
        int at = 0;
        foreach (Tensor layer in _layerMaxima)
        {
            layer.Value.CopyTo(_maximumLogits.AsSpan(at));
            at += layer.Columns;
        }

        return _graph.Loss?.Mean ?? 0;
    }

    /// <summary>Adds the gradients of the last forward run's loss to the store's.</summary>
    /// <exception cref="InvalidOperationException">It is an inference program.</exception>
    public void Backward() => _tape.Backward();

    /// <summary>The same, telling which gradients are complete while the others are computed.</summary>
    /// <param name="gradientFinal">Told each parameter that the run reaches, once it contributes nothing more to its gradient; on the calling thread. Null: nobody is told.</param>
    public void Backward(Action<Parameter>? gradientFinal) => _tape.Backward(gradientFinal);

    /// <summary>The logits of the token after one position of the last forward run. Inference programs only.</summary>
    /// <param name="sequence">Sequence of the batch, from 0.</param>
    /// <param name="position">Position in the sequence, from 0: later inputs do not matter to it.</param>
    /// <param name="logits">Out: [vocabulary].</param>
    /// <exception cref="ArgumentException">The position or the length does not fit.</exception>
    /// <exception cref="InvalidOperationException">It is a training program.</exception>
    public void Logits(int sequence, int position, Span<float> logits)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        Rule.Check(
            sequence >= 0 && sequence < Batch && position >= 0 && position < Time,
            $"[language model] positions are inside the batch of [{Batch}, {Time}]; sequence {sequence}, position {position}");
        Rule.Check(logits.Length == Vocabulary, $"[language model] a row of logits has {Vocabulary} elements; {logits.Length}");
        _ = _graph.Hidden.Value;
        fixed (float* destination = logits)
        {
            _graph.Logits(_tape.Team, (sequence * Time) + position, 1, destination);
        }
    }

    /// <summary>Begins to measure the time of each operation, from nothing.</summary>
    /// <returns>The sums; they grow with every run until <see cref="StopProfile"/>.</returns>
    public TapeProfile StartProfile() => _tape.StartProfile();

    /// <summary>Ends the measuring.</summary>
    public void StopProfile() => _tape.StopProfile();

    /// <summary>Frees the program's memory. Its model does that for the programs that it keeps.</summary>
    public void Dispose()
    {
        _disposed = true;
        _tape.Dispose();
    }

    private Loss Loss => _graph.Loss ?? throw new InvalidOperationException("[language model] the program was made without a loss");

    private Span<int> Live(TokenBuffer? tokens)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return tokens is null ? [] : tokens.Span;
    }
}
