namespace MuonSharp.Nn;

/// <summary>What one operation reads, writes and keeps, and when: the material of the memory plan.</summary>
public sealed class OperationPlan
{
    private readonly bool _training;

    internal OperationPlan(Operation operation, Tape tape) => (Operation, _training, Workers) = (operation, tape.Training, tape.Team.Threads);

    /// <summary>The operation that declares.</summary>
    public Operation Operation { get; }

    /// <summary>Number of workers: scratch memory may be cut by worker, results may not depend on it.</summary>
    public int Workers { get; }

    internal List<(Tensor Tensor, bool InBackward)> Inputs { get; } = [];

    internal List<(Tensor Tensor, bool InBackward)> Outputs { get; } = [];

    internal List<GradientSlot> Slots { get; } = [];

    internal List<TapeBuffer> Saved { get; } = [];

    internal List<TapeBuffer> ForwardScratch { get; } = [];

    internal List<TapeBuffer> BackwardScratch { get; } = [];

    internal List<TapeBuffer> Constants { get; } = [];

    internal List<(Tensor Input, Tensor Output)> InPlace { get; } = [];

    /// <summary>The forward run reads a tensor's value.</summary>
    /// <param name="tensor">The tensor; null is ignored, for optional inputs.</param>
    /// <param name="inBackward">Whether the backward run reads it as well, so that it must live until then.</param>
    public void Reads(Tensor? tensor, bool inBackward = false)
    {
        if (tensor is not null)
        {
            Inputs.Add((tensor, inBackward));
        }
    }

    /// <summary>Creates an output. Its gradient is wanted when that of any input declared before is; its rows are sequences, or the pixels of images, when
    /// those of such an input are, as many of them.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="columns">Number of columns.</param>
    /// <param name="inBackward">Whether the backward run reads its value.</param>
    /// <param name="replaces">An input whose memory the output may take over if nothing else reads it any more: the forward run must be
    /// elementwise in it.</param>
    /// <param name="differentiable">False for a by-product that no gradient flows through.</param>
    /// <returns>The tensor.</returns>
    public Tensor Writes(int rows, int columns, bool inBackward = false, Tensor? replaces = null, bool differentiable = true)
    {
        bool gradient = differentiable && _training && Inputs.Any(input => input.Tensor.RequiresGradient);
        var output = new Tensor(Operation.Name, TensorKind.Activation, rows, columns, gradient);
        output.Sequences = Inputs.Select(input => input.Tensor.Sequences).FirstOrDefault(sequences => sequences?.Rows == rows);
        output.Images = Inputs.Select(input => input.Tensor.Images).FirstOrDefault(images => images?.Rows == rows);
        Outputs.Add((output, inBackward));
        if (replaces is not null)
        {
            InPlace.Add((replaces, output));
        }

        return output;
    }

    /// <summary>Announces a contribution to an input's gradient.</summary>
    /// <param name="tensor">The input; null is ignored.</param>
    /// <param name="passedFrom">An output of equal size whose gradient buffer may become the input's: the backward run must then be
    /// elementwise, or do nothing where it is the identity.</param>
    /// <param name="duringForward">Whether the forward run makes the contribution.</param>
    /// <returns>The slot; null when no gradient of the tensor is wanted.</returns>
    public GradientSlot? Gradient(Tensor? tensor, Tensor? passedFrom = null, bool duringForward = false)
    {
        if (!_training || tensor is not { RequiresGradient: true })
        {
            return null;
        }

        var slot = new GradientSlot(tensor, duringForward, passedFrom);
        Slots.Add(slot);
        return slot;
    }

    /// <summary>A buffer from the forward to the backward run.</summary>
    /// <param name="what">What it holds.</param>
    /// <param name="length">Number of floats.</param>
    /// <returns>The buffer.</returns>
    public TapeBuffer ForBackward(string what, long length) => Add(Saved, what, length);

    /// <summary>A buffer for the forward run alone.</summary>
    /// <param name="what">What it holds.</param>
    /// <param name="length">Number of floats.</param>
    /// <returns>The buffer.</returns>
    public TapeBuffer ScratchInForward(string what, long length) => Add(ForwardScratch, what, length);

    /// <summary>A buffer for the backward run alone.</summary>
    /// <param name="what">What it holds.</param>
    /// <param name="length">Number of floats.</param>
    /// <returns>The buffer.</returns>
    public TapeBuffer ScratchInBackward(string what, long length) => Add(BackwardScratch, what, length);

    /// <summary>A buffer that keeps its content over all runs; <see cref="Operation.Prepare"/> fills it.</summary>
    /// <param name="what">What it holds.</param>
    /// <param name="length">Number of floats.</param>
    /// <returns>The buffer.</returns>
    public TapeBuffer Constant(string what, long length) => Add(Constants, what, length);

    /// <summary>Bytes of all that the declarations name: values read and written, gradients read and written, buffers from forward to backward.</summary>
    /// <param name="backward">Whether the backward run is meant.</param>
    public double Bytes(bool backward)
    {
        double slots = Slots.Where(slot => slot.DuringForward != backward).Sum(slot => (slot.Accumulates ? 2.0 : 1.0) * slot.Tensor.Length);
        double values = Inputs.Concat(Outputs).Where(use => !backward || use.InBackward).DistinctBy(use => use.Tensor).Sum(use => (double)use.Tensor.Length);
        double gradients = backward ? Outputs.Where(output => output.Tensor.RequiresGradient).Sum(output => (double)output.Tensor.Length) : 0;
        return sizeof(float) * (values + gradients + slots + Saved.Sum(buffer => (double)buffer.Length));
    }

    private TapeBuffer Add(List<TapeBuffer> list, string what, long length)
    {
        var buffer = new TapeBuffer($"{Operation.Name}.{what}", length);
        list.Add(buffer);
        return buffer;
    }
}

/// <summary>The right of one operation to contribute to one tensor's gradient; whether it writes or adds is known when the tape is compiled.</summary>
public sealed unsafe class GradientSlot
{
    internal GradientSlot(Tensor tensor, bool duringForward, Tensor? passedFrom)
    {
        Tensor = tensor;
        DuringForward = duringForward;
        PassedFrom = passedFrom;
    }

    /// <summary>The tensor.</summary>
    public Tensor Tensor { get; }

    /// <summary>Whether the contribution adds to what is there (a later writer, a parameter, a seed) or is the first and overwrites.</summary>
    public bool Accumulates { get; internal set; }

    /// <summary>Whether the contribution is made in the forward run (losses do that).</summary>
    public bool DuringForward { get; }

    /// <summary>Address of the gradient.</summary>
    public float* Data => Tensor.GradientData;

    /// <summary>The gradient, row by row, during a run of the operation.</summary>
    public Span<float> Gradient => new(Data, checked((int)Tensor.Length));

    /// <summary>The output whose gradient buffer this one may take over, so that an elementwise backward works in place.</summary>
    internal Tensor? PassedFrom { get; }

    /// <summary>Makes the contribution, or a part of it: writes or adds, whichever <see cref="Accumulates"/> asks for.</summary>
    /// <remarks>Each element takes part once a run: the first contribution overwrites.</remarks>
    /// <param name="contribution">Values of consecutive elements.</param>
    /// <param name="start">The first element they belong to.</param>
    /// <exception cref="ArgumentOutOfRangeException">They do not lie inside of the tensor.</exception>
    public void Add(ReadOnlySpan<float> contribution, long start = 0)
    {
        if (start < 0 || start > Tensor.Length - contribution.Length)
        {
            throw new ArgumentOutOfRangeException(
                nameof(start), $"[gradient] a contribution lies inside of its tensor; {contribution.Length} elements from {start} on, {Tensor}");
        }

        var gradient = new Span<float>(Data + start, contribution.Length);
        if (!Accumulates)
        {
            contribution.CopyTo(gradient);
            return;
        }

        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] += contribution[i];
        }
    }
}
