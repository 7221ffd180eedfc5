using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>A convolution with a window of 3 x 3 by <see cref="WinogradForm"/>: transformed tiles of the images times transformed filters, at sixteen points.</summary>
/// <remarks>
/// <para>Backward: dx is the convolution of dy with the opposite filters; dfilters = Gᵀ [Σ over tiles (A dy Aᵀ) ⊙ (Bᵀ x B)] G.</para>
/// <para>Cost: 32·tiles·out·in FLOPs for each of the three, 4/9 of the direct sums where tiles fill the images. Scratch: the filters at the points, 16/9 of them, and in another order.
/// Tiles are transformed in a core's cache as the products come to them.</para>
/// </remarks>
internal sealed unsafe class WinogradConvolution(ConvolutionInputs inputs) : ConvolutionOperation(inputs)
{
    /// <summary>Least channels on both sides: with fewer the transformations cost what the products save.</summary>
    private const int FewestChannels = 16;

    /// <summary>Most channels: a tile of them at all points has to fit into a core's second cache.</summary>
    private const int MostChannels = 1024;

    private TapeBuffer _columns = null!;
    private TapeBuffer _filters = null!;
    private TapeBuffer? _opposite;
    private TapeBuffer? _oppositeFilters;
    private TapeBuffer? _points;
    private TapeBuffer? _gradient;

    /// <summary>Whether this way costs less than the direct sums. Neither the number of images nor of threads counts, so that an image has the same bits in every batch.</summary>
    /// <param name="inputs">The operands.</param>
    public static bool Fits(ConvolutionInputs inputs)
    {
        (Window window, Images result, int from, int to) = (inputs.Window, inputs.Result, inputs.X.Columns, inputs.Filters.Rows);
        bool hasForm = window is { Height: WinogradForm.Window, Width: WinogradForm.Window, Stride: 1, Padding: < WinogradForm.Window };
        long products = (long)WinogradForm.Points * new WinogradTiles(result with { Batch = 1 }).Count, sums = (long)window.Pixels * result.Pixels;
        return hasForm && Math.Min(from, to) >= FewestChannels && Math.Max(from, to) <= MostChannels && 5 * products <= 4 * sums;
    }

    protected override void DeclareScratch(OperationPlan plan, bool images, bool filters)
    {
        (int from, int to, long length) = (Inputs.X.Columns, Inputs.Filters.Rows, Inputs.Filters.Length);
        _columns = plan.ScratchInForward("columns", length);
        _filters = plan.ScratchInForward("filters", PointPanels.Length(WinogradForm.Points, from, to));
        if (images)
        {
            _opposite = plan.ScratchInBackward("opposite", length);
            _oppositeFilters = plan.ScratchInBackward("opposite filters", PointPanels.Length(WinogradForm.Points, to, from));
        }

        if (filters)
        {
            _points = plan.ScratchInBackward("points", (long)WinogradForm.Points * from * to);
            _gradient = plan.ScratchInBackward("gradient", length);
        }
    }

    protected override void Multiply(WorkerTeam team)
    {
        (int from, int to, int window) = (Inputs.X.Columns, Inputs.Filters.Rows, Inputs.Window.Pixels);
        FilterColumns.To(team, Inputs.Filters, _columns.Pointer);
        var panels = new PointPanels(_filters.Pointer, WinogradForm.Points, from, to);
        team.RunLanes(from, new WinogradFilters(_columns.Pointer, (nint)window * to, to, panels));
        var tiles = new WinogradTiles(Inputs.Result);
        float* bias = Inputs.Bias is null ? null : Inputs.Bias.Data;
        PointProduct.Multiply(team, OfImages(tiles), panels, new WinogradTarget(tiles, new(Output.Data, Inputs.Result, to), bias, add: false));
    }

    protected override void FilterGradient(WorkerTeam team, float* filterGradient, bool add)
    {
        (int from, int to) = (Inputs.X.Columns, Inputs.Filters.Rows);
        var tiles = new WinogradTiles(Inputs.Result);
        var outputs = new WinogradSource<OutputGradientTransform>(tiles, new(Output.GradientData, Inputs.Result, to), padding: 0);
        PointProduct.MultiplyTransposed(team, WinogradForm.Points, OfImages(tiles), outputs, _points!.Pointer);
        team.RunLanes(from, new WinogradFilterGradient(_points.Pointer, from, to, _gradient!.Pointer));
        FilterColumns.From(team, _gradient.Pointer, Inputs.Filters, filterGradient, add);
    }

    protected override void ImageGradient(WorkerTeam team, float* imageGradient, bool add)
    {
        (int from, int to, Window window) = (Inputs.X.Columns, Inputs.Filters.Rows, Inputs.Window);
        FilterForms.ToOpposite(team, Inputs.Filters.Data, to, from, window.Pixels, _opposite!.Pointer);
        var panels = new PointPanels(_oppositeFilters!.Pointer, WinogradForm.Points, to, from);
        team.RunLanes(to, new WinogradFilters(_opposite.Pointer, from, (nint)to * from, panels));
        var tiles = new WinogradTiles(Inputs.Images);
        var outputs = new WinogradSource<InputTransform>(tiles, new(Output.GradientData, Inputs.Result, to), WinogradForm.Window - 1 - window.Padding);
        PointProduct.Multiply(team, outputs, panels, new WinogradTarget(tiles, new(imageGradient, Inputs.Images, from), bias: null, add));
    }

    private WinogradSource<InputTransform> OfImages(WinogradTiles tiles) => new(tiles, new(Inputs.X.Data, Inputs.Images, Inputs.X.Columns), Inputs.Window.Padding);
}
