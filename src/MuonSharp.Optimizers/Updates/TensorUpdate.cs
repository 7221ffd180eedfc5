using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>One tensor of an update whose memory another library owns: named anew before every run, because that memory may move.</summary>
/// <remarks>The tensor holds nothing but what the next run needs. Whoever drives it keeps the state, counts updates, moves schedules and looks at gradients: none of that is done
/// here. A <see cref="Parameter"/> in an <see cref="Optimizer"/> is the simpler way where memory stays in its place.</remarks>
public sealed unsafe class TensorUpdate
{
    /// <summary>Describes a tensor.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="shape">Row-major sizes, outermost first.</param>
    /// <param name="options">The options of the optimizer that steps it; their schedules are not looked at.</param>
    /// <param name="layout">How the tensor splits into matrices; null: one [out, in] matrix (first axis, all others).</param>
    /// <exception cref="ArgumentException">The shape, the options or the layout does not fit.</exception>
    public TensorUpdate(string name, ImmutableArray<int> shape, OptimizerOptions options, MatrixLayout? layout = null)
    {
        (Tensor, Options) = (new Parameter(name, shape, ParameterRole.Matrix, layout), options);
        var problems = new OptionsProblems(0);
        options.ValidateFor(Tensor, problems);
        problems.Throw(options.OptimizerName);
    }

    /// <summary>The options of the optimizer that steps the tensor.</summary>
    public OptimizerOptions Options { get; }

    /// <summary>Row-major sizes, outermost first.</summary>
    public ImmutableArray<int> Shape => Tensor.Shape;

    /// <summary>The independent matrices of the tensor; empty for a vector.</summary>
    public ImmutableArray<MatrixSlice> Matrices => Tensor.Matrices;

    /// <summary>Whether the next run updates the tensor; otherwise nothing else counts.</summary>
    public bool IsActive { get; set; }

    /// <summary>Learning rate, weight decay and momentum of the next run.</summary>
    public StepValues Values { get; set; }

    /// <summary>Updates so far, the next one included: the t of bias corrections, from 1.</summary>
    public long Count { get; set; }

    /// <summary>As many floats as the shape says, in place.</summary>
    public float* Weights { get; set; }

    /// <summary>As many floats as the shape says; null counts as zero.</summary>
    public float* Gradient { get; set; }

    /// <summary>The first state (Muon's momentum, Adam's first moment), as many floats; all start at zero.</summary>
    public float* FirstState { get; set; }

    /// <summary>The second state: Adam's second moment, as many floats; with <see cref="MuonOptions.RowNormalization"/> one float an output; otherwise not read.</summary>
    public float* SecondState { get; set; }

    /// <summary>The sum of the squared changes of weights in the last run.</summary>
    public double SquaredChange { get; internal set; }

    internal Parameter Tensor { get; }

    /// <summary>The factor by shape of a matrix: what the learning rate of Muon is multiplied by.</summary>
    /// <param name="matrix">Its number in <see cref="Matrices"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such matrix.</exception>
    public double ScaleOf(int matrix) => (uint)matrix < (uint)Matrices.Length
        ? Options is MuonOptions muon ? MuonMatrix.ScaleOf(Shape, Matrices[matrix], muon) : 1
        : throw new ArgumentOutOfRangeException(nameof(matrix), $"[tensor update] '{Tensor.Name}' has {Matrices.Length} matrices; {matrix}");

    /// <summary>Where the outputs of a matrix begin among those of the tensor, in a state of one value an output.</summary>
    /// <param name="matrix">Its number in <see cref="Matrices"/>.</param>
    public int FirstOutputOf(int matrix) => MuonMatrix.FirstOutputOf(Matrices[matrix]);
}
