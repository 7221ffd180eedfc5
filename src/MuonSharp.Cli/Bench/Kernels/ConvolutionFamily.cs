using MuonSharp.Nn;
using MuonSharp.Numerics;

namespace MuonSharp.Cli.Bench;

/// <summary>A convolution that leaves its images as large as they are, forward and backward.</summary>
internal sealed class ConvolutionCase : TapeCase
{
    private readonly NativeBuffer _gradient;
    private readonly Tensor _output;

    public ConvolutionCase(string name, WorkerTeam team, Images images, int inputs, int outputs, Window window)
        : this(name, new Tape(team, training: true), images, (inputs, outputs), window)
    {
    }

    private ConvolutionCase(string name, Tape tape, Images images, (int Inputs, int Outputs) size, Window window)
        : base(name, tape)
    {
        Tensor x = tape.Input("x", images, size.Inputs, gradient: true);
        Tensor filters = tape.Input("filters", size.Outputs, size.Inputs * window.Pixels, gradient: true);
        _output = tape.Convolution(x, filters, bias: null, window);
        tape.Seed(_output);
        tape.Compile();
        new RandomStream(1, "x").FillNormal(x.Value, 0, 0);
        new RandomStream(1, "filters").FillNormal(filters.Value, 0, 0);
        _gradient = Operand.Normal("gradient", _output.Rows, size.Outputs);
    }

    /// <summary>The direct sums count; Winograd's method needs 16 products where they have 36.</summary>
    public override double MostOfPeak => 36 / 16.0;

    /// <inheritdoc/>
    public override void Prepare() => _gradient.AsSpan().CopyTo(_output.Gradient);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _gradient.Dispose();
        base.Dispose();
    }
}

/// <summary>Convolutions; the standard ones are those of airbench94.</summary>
internal sealed class ConvolutionFamily() : BenchFamily(
    "conv",
    "conv-IxOxKxS[xB]",
    "O filters KxK over B images SxS (without: 512) of I channels, forward and backward; an odd K keeps the images' size, an even one has no padding",
    "conv-24x64x3x31",
    "conv-64x64x3x15",
    "conv-64x256x3x15",
    "conv-256x256x3x7",
    "conv-256x256x3x3")
{
    private const int Images = 512;

    /// <inheritdoc/>
    public override Func<BenchContext, BenchCase>? Find(string name) => BenchName.Parse(Name, name) switch
    {
        { Sizes: [var inputs, var outputs, var window, var size], Variant: "" } => Make(name, inputs, outputs, window, new(Images, size, size)),
        { Sizes: [var inputs, var outputs, var window, var size, var batch], Variant: "" } => Make(name, inputs, outputs, window, new(batch, size, size)),
        _ => null,
    };

    private static Func<BenchContext, BenchCase>? Make(string name, int inputs, int outputs, int size, Images images)
    {
        Window window = new(size, size, 1, size % 2 == 0 ? 0 : size / 2);
        bool fits = size <= images.Height && Fits((double)images.Batch * images.Height * images.Width * Math.Max(inputs, outputs)) && Fits((double)inputs * outputs * size * size);
        return fits ? context => new ConvolutionCase(name, context.Team, images, inputs, outputs, window) : null;
    }

    private static bool Fits(double elements) => elements <= BenchName.MostElements;
}
