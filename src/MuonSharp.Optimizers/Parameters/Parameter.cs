using System.Collections.Immutable;

namespace MuonSharp.Optimizers;

/// <summary>One named weight tensor of a model: shape, role, how it splits into matrices, and its two blocks of memory.</summary>
/// <remarks>A parameter owns no memory. It is a view of a <see cref="ParameterStore"/> or of memory that another library owns.</remarks>
public sealed class Parameter
{
    private readonly bool[] _hasGradientOf;
    private int _gradients;

    /// <summary>A parameter over memory of the caller's own.</summary>
    /// <param name="name">Unique among the parameters of an optimizer; names its state.</param>
    /// <param name="shape">Row-major sizes, outermost first; every size at least 1.</param>
    /// <param name="role">What the parameter does in the model; decides the optimizer.</param>
    /// <param name="weights">As many floats as the shape says.</param>
    /// <param name="gradient">As many floats as the shape says, or empty when the parameter is never trained.</param>
    /// <param name="layout">How the tensor splits into matrices; null means one [out, in] matrix (first axis, all others).</param>
    /// <exception cref="ArgumentException">The shape, a block's length or the layout does not fit.</exception>
    public Parameter(
        string name, ImmutableArray<int> shape, ParameterRole role, MemoryBlock weights, MemoryBlock gradient = default, MatrixLayout? layout = null)
        : this(name, shape, role, layout) => Bind(weights, gradient);

    internal Parameter(string name, ImmutableArray<int> shape, ParameterRole role, MatrixLayout? layout)
    {
        Name = name;
        Shape = shape;
        Role = role;
        Layout = layout ?? MatrixLayout.OutIn;
        Length = CountElements(name, shape);
        layout?.Check(name, shape);
        Matrices = shape.Length < 2 ? [] : Layout.Matrices(shape);
        _hasGradientOf = new bool[MatrixCount];
        Weights = MemoryBlock.ToCome(name);
        Gradient = Weights;
    }

    /// <summary>Unique name, in the style of the model's family (<c>transformer.h.0.attn.c_attn.weight</c>).</summary>
    public string Name { get; }

    /// <summary>Row-major sizes, outermost first.</summary>
    public ImmutableArray<int> Shape { get; }

    /// <summary>What the parameter does in the model.</summary>
    public ParameterRole Role { get; }

    /// <summary>How the tensor splits into matrices; <see cref="MatrixLayout.OutIn"/> where nothing else was said.</summary>
    public MatrixLayout Layout { get; }

    /// <summary>The independent matrices of the tensor, in the order of the layout; empty for a vector.</summary>
    public ImmutableArray<MatrixSlice> Matrices { get; }

    /// <summary>Number of elements.</summary>
    public int Length { get; }

    /// <summary>The weights. Empty until the store that declares the parameter is built; a span of them says so.</summary>
    public MemoryBlock Weights { get; private set; }

    /// <summary>The gradient of this step; empty in a store for inference.</summary>
    public MemoryBlock Gradient { get; private set; }

    /// <summary>Whether any of the parameter took part in this step; setting it speaks of all its matrices. Presets differ on what a missing gradient means.</summary>
    public bool HasGradient
    {
        get => _gradients > 0;
        set
        {
            bool has = value && !Gradient.IsEmpty;
            Array.Fill(_hasGradientOf, has);
            _gradients = has ? _hasGradientOf.Length : 0;
        }
    }

    /// <summary>Whether an operation says of each matrix that it took part in a step (<see cref="MarkByMatrix"/>). One that did not is idle: no optimizer moves it, decays it or
    /// touches its state, whatever its options say of missing gradients.</summary>
    public bool IsMarkedByMatrix { get; private set; }

    /// <summary>Share of a batch's rows that each of the tensor's matrices multiplies on average, in (0, 1]: that of an expert is active / experts. For plans. Default 1.</summary>
    public double TokenShare { get; set; } = 1;

    /// <summary>Parts that may be without a gradient alone: the matrices, or the whole of a vector.</summary>
    internal int MatrixCount => Math.Max(1, Matrices.Length);

    /// <summary>Whether some matrices have a gradient and some have none.</summary>
    internal bool HasGradientInPart => _gradients > 0 && _gradients < _hasGradientOf.Length;

    /// <summary>Whether one matrix took part in this step: an expert that saw no token did not.</summary>
    /// <param name="matrix">Its number in <see cref="Matrices"/>; 0 for a vector.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such matrix.</exception>
    public bool HasGradientOf(int matrix) => (uint)matrix < (uint)_hasGradientOf.Length ? _hasGradientOf[matrix] : throw NoMatrix(matrix);

    /// <summary>Says whether one matrix took part in this step. What lies in the gradient of one that did not is not looked at.</summary>
    /// <param name="matrix">Its number in <see cref="Matrices"/>; 0 for a vector.</param>
    /// <param name="hasGradient">Whether it did; without gradient memory none does.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such matrix.</exception>
    public void SetGradientOf(int matrix, bool hasGradient)
    {
        bool before = HasGradientOf(matrix), after = hasGradient && !Gradient.IsEmpty;
        _hasGradientOf[matrix] = after;
        _gradients += (after ? 1 : 0) - (before ? 1 : 0);
    }

    /// <summary>Announces that an operation will say which matrices take part: from now on <see cref="ParameterStore.ZeroGradients"/> says that none does.</summary>
    public void MarkByMatrix()
    {
        if (!IsMarkedByMatrix)
        {
            IsMarkedByMatrix = true;
            HasGradient = false;
        }
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} [{string.Join(", ", Shape)}]";

    internal void Bind(MemoryBlock weights, MemoryBlock gradient)
    {
        if (weights.Length != Length || (gradient.Length != Length && !gradient.IsEmpty))
        {
            throw new ArgumentException($"[parameter] '{Name}' {ShapeText(Shape)} needs {Length} weights and as many gradients or none; "
                + $"weights {weights.Length}, gradients {gradient.Length}");
        }

        Weights = weights;
        Gradient = gradient;
        HasGradient = !gradient.IsEmpty && !IsMarkedByMatrix;
    }

    private ArgumentOutOfRangeException NoMatrix(int matrix) =>
        new(nameof(matrix), $"[parameter] '{Name}' has the matrices 0 to {MatrixCount - 1}; {matrix}");

    internal static string ShapeText(ImmutableArray<int> shape) => $"[{string.Join(", ", shape)}]";

    internal static int CountElements(string name, ImmutableArray<int> shape, string what = "parameter")
    {
        long count = shape.IsDefaultOrEmpty ? 0 : 1;
        foreach (int size in shape.IsDefault ? [] : shape)
        {
            count = size < 1 || count > int.MaxValue ? 0 : count * size;
        }

        return count is > 0 and <= int.MaxValue && name.Length > 0
            ? (int)count
            : throw new ArgumentException($"[{what}] a {what} has a name and sizes >= 1 whose product is below 2^31; "
                + $"'{name}' {(shape.IsDefault ? "no shape" : ShapeText(shape))}");
    }
}
