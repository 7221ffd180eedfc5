using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Filters [out, in, window], as torch and the optimizers have them, in the orders in which images with channels last are multiplied. A task is one filter.</summary>
/// <remarks>Cost: one pass over the filters, whatever the images.</remarks>
internal readonly unsafe struct FilterForms : ITeamJob
{
    private readonly float* _filters;
    private readonly float* _form;
    private readonly int _inputs;
    private readonly int _window;
    private readonly nint _filterStride;
    private readonly nint _pixelStride;
    private readonly FilterDirection _direction;

    private FilterForms(float* filters, float* form, (int Inputs, int Window) sizes, nint filterStride, nint pixelStride, FilterDirection direction)
    {
        _filters = filters;
        _form = form;
        (_inputs, _window) = sizes;
        (_filterStride, _pixelStride, _direction) = (filterStride, pixelStride, direction);
    }

    private enum FilterDirection
    {
        To,
        From,
        AddFrom,
    }

    /// <summary>form [out, window, in] = filters.</summary>
    public static void ToRows(WorkerTeam team, float* filters, int outputs, int inputs, int window, float* form) =>
        Run(team, outputs, new(filters, form, (inputs, window), (nint)window * inputs, inputs, FilterDirection.To));

    /// <summary>filters = [filters +] form [out, window, in].</summary>
    public static void FromRows(WorkerTeam team, float* form, int outputs, int inputs, int window, float* filters, bool add) =>
        Run(team, outputs, new(filters, form, (inputs, window), (nint)window * inputs, inputs, add ? FilterDirection.AddFrom : FilterDirection.From));

    /// <summary>form [window, out, in] = filters, the window's pixels in the opposite order: what the gradient of the images multiplies.</summary>
    public static void ToOpposite(WorkerTeam team, float* filters, int outputs, int inputs, int window, float* form) => Run(
        team,
        outputs,
        new(filters, form + ((window - 1) * (nint)outputs * inputs), (inputs, window), inputs, -(nint)outputs * inputs, FilterDirection.To));

    public void Run(int task, int worker)
    {
        float* filter = _filters + ((nint)task * _inputs * _window), form = _form + (task * _filterStride);
        if (_direction == FilterDirection.To)
        {
            Transposition.Copy(filter, _window, _inputs, _window, form, _pixelStride);
            return;
        }

        if (_direction == FilterDirection.From)
        {
            Transposition.Copy(form, _pixelStride, _window, _inputs, filter, _window);
            return;
        }

        for (int input = 0; input < _inputs; input++)
        {
            for (int pixel = 0; pixel < _window; pixel++)
            {
                filter[((nint)input * _window) + pixel] += form[(pixel * _pixelStride) + input];
            }
        }
    }

    private static void Run(WorkerTeam team, int outputs, FilterForms job) => team.Run(outputs, ref job);
}
