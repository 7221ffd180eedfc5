using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>A model's computation for one shape of batch: write <see cref="Inputs"/> and <see cref="Targets"/>, run, read.</summary>
/// <remarks>After construction nothing is allocated. Not for use by two threads at once.</remarks>
#pragma warning disable CA1001 // The model that caches the program frees it; a caller must not.
public sealed unsafe class DecoderProgram
#pragma warning restore CA1001
{
    private readonly Tape _tape;
    private readonly TokenBuffer _inputs;
    private readonly TokenBuffer _targets;
    private readonly Tensor _hidden;
    private readonly Tensor _head;
    private readonly Loss _loss;
    private readonly Tensor[] _layerMaxima;
    private readonly float[] _maximumLogits;

    internal DecoderProgram(DecoderModel model, int batch, int time, bool training, bool sharesNothing = false)
    {
        (Batch, Time, Training) = (batch, time, training);
        _tape = new Tape(model.Team, training) { SharesNothing = sharesNothing };
        var graph = new DecoderGraph(_tape, model.Form, model.Config, model.Seed, batch, time, model.RecomputesBlocks);
        (_inputs, _targets, _hidden, _head, _loss) = (graph.Inputs, graph.Targets, graph.Hidden, graph.Head, graph.Loss);
        _targets.Span.Fill(CrossEntropyRecording.Ignored);
        _tape.Compile();
        _layerMaxima = [.. graph.MaximumLogits];
        _maximumLogits = new float[model.Config.Layers * model.Config.Heads];
        Vocabulary = model.Config.Vocabulary;
    }

    /// <summary>Number of sequences.</summary>
    public int Batch { get; }

    /// <summary>Tokens of each sequence.</summary>
    public int Time { get; }

    /// <summary>Whether it computes gradients.</summary>
    public bool Training { get; }

    /// <summary>Length of a row of logits.</summary>
    public int Vocabulary { get; }

    /// <summary>Tokens [batch, time], for the caller to write; they stay until overwritten.</summary>
    public Span<int> Inputs => _inputs.Span;

    /// <summary>The token that should follow each input [batch, time], or -1 for a position that does not count. At first all -1.</summary>
    public Span<int> Targets => _targets.Span;

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

    /// <summary>Factor of the gradients of the next <see cref="Forward"/> and <see cref="Backward"/>: 1/k for each of k micro-batches. Default 1.
    /// It is set before the forward run, which already computes the head's gradient.</summary>
    public float GradientScale
    {
        get => _loss.GradientScale;
        set => _loss.GradientScale = value;
    }

    /// <summary>Targets of the last forward run that counted.</summary>
    public int CountedTokens => (int)_loss.Counted;

    /// <summary>Sum of the loss over the counted targets of the last forward run, in nats.</summary>
    public double LossSum => _loss.Sum;

    /// <summary>Each head's largest scaled, visible attention logit of the last forward run, [layers, heads].</summary>
    public ReadOnlySpan<float> MaximumLogits => _maximumLogits;

    /// <summary>What lies where in the program's memory.</summary>
    public MemoryPlan MemoryPlan => _tape.MemoryPlan;

    /// <summary>The recorded operations, in order.</summary>
    public IReadOnlyList<Operation> Operations => _tape.Operations;

    /// <summary>Computes the mean loss over the counted targets. A training program also adds the head's gradient to the store; a
    /// <see cref="Backward"/> must follow before the gradients are used.</summary>
    /// <returns>Nats per counted target; 0 when none counts.</returns>
    /// <exception cref="ArgumentOutOfRangeException">An input or a target is outside the vocabulary.</exception>
    public double Forward()
    {
        _tape.Forward();
        for (int layer = 0; layer < _layerMaxima.Length; layer++)
        {
            Span<float> maxima = _layerMaxima[layer].Value;
            maxima.CopyTo(_maximumLogits.AsSpan(layer * maxima.Length));
        }

        return _loss.Mean;
    }

    /// <summary>Adds the gradients of the last forward run's loss to the store's.</summary>
    /// <exception cref="InvalidOperationException">It is an inference program.</exception>
    public void Backward() => _tape.Backward();

    /// <summary>The logits of the token after one position of the last forward run. Inference programs only.</summary>
    /// <param name="sequence">Sequence of the batch, from 0.</param>
    /// <param name="position">Position in the sequence, from 0: later inputs do not matter to it.</param>
    /// <param name="logits">Out: [vocabulary].</param>
    /// <exception cref="ArgumentException">The position or the length does not fit.</exception>
    /// <exception cref="InvalidOperationException">It is a training program.</exception>
    public void Logits(int sequence, int position, Span<float> logits)
    {
        Rule.Check(
            sequence >= 0 && sequence < Batch && position >= 0 && position < Time,
            $"[decoder] positions are inside the batch of [{Batch}, {Time}]; sequence {sequence}, position {position}");
        Rule.Check(logits.Length == Vocabulary, $"[decoder] a row of logits has {Vocabulary} elements; {logits.Length}");
        fixed (float* destination = logits)
        fixed (float* hidden = _hidden.Value)
        {
            var row = Matrix.Dense(hidden + (((nint)sequence * Time) + position) * _hidden.Columns, 1, _hidden.Columns);
            var head = Matrix.Dense(_head.Data, _head.Rows, _head.Columns);
            MatrixProduct.Multiply(_tape.Team, row, head.Transposed, Matrix.Dense(destination, 1, Vocabulary));
        }
    }

    /// <summary>Begins to measure the time of each operation, from nothing.</summary>
    /// <returns>The sums; they grow with every run until <see cref="StopProfile"/>.</returns>
    public TapeProfile StartProfile() => _tape.StartProfile();

    /// <summary>Ends the measuring.</summary>
    public void StopProfile() => _tape.StopProfile();

    internal void Release() => _tape.Dispose();
}
