using MuonSharp.Numerics;

namespace MuonSharp.Nn;

/// <summary>Rows [channel, pixel] of images with channels last, or the opposite: a transposition of each image, and the opposite one of its gradient.</summary>
internal sealed unsafe class PlanesOperation(Tensor x, Images images, int channels, bool toPlanes) : Operation(toPlanes ? "flatten" : "images-from-planes")
{
    private GradientSlot? _gradient;

    public Tensor Output { get; private set; } = null!;

    protected internal override void Declare(OperationPlan plan)
    {
        plan.Reads(x);
        Output = toPlanes ? plan.Writes(images.Batch, channels * images.Pixels) : plan.Writes(images.Rows, channels);
        _gradient = plan.Gradient(x);
    }

    protected internal override void Forward(in TapeRun run)
    {
        var job = new PlanesJob(x.Data, Output.Data, images.Pixels, channels, toPlanes, add: false);
        run.Team.Run(images.Batch, ref job);
    }

    protected internal override void Backward(in TapeRun run)
    {
        if (_gradient is not null)
        {
            var job = new PlanesJob(Output.GradientData, _gradient.Data, images.Pixels, channels, !toPlanes, _gradient.Accumulates);
            run.Team.Run(images.Batch, ref job);
        }
    }

    /// <summary>A task is an image.</summary>
    private readonly struct PlanesJob(float* from, float* to, int pixels, int channels, bool toPlanes, bool add) : ITeamJob
    {
        public void Run(int task, int worker)
        {
            nint first = (nint)task * pixels * channels;
            (int rows, int columns) = toPlanes ? (pixels, channels) : (channels, pixels);
            if (!add)
            {
                Transposition.Copy(from + first, columns, rows, columns, to + first, rows);
                return;
            }

            for (int row = 0; row < rows; row++)
            {
                for (int column = 0; column < columns; column++)
                {
                    to[first + ((nint)column * rows) + row] += from[first + ((nint)row * columns) + column];
                }
            }
        }
    }
}
