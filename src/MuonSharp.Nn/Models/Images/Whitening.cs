using MuonSharp.Numerics;
using MuonSharp.Optimizers;

namespace MuonSharp.Nn;

/// <summary>Filters that whiten patches of images: what they make of patches like those that they were made from is uncorrelated and of equal size.</summary>
/// <remarks>
/// <para>With C = mean of p pᵀ over all patches p (no mean is taken away) and its eigenvectors v and eigenvalues λ: v / √(λ + ε), the greatest λ first, and behind them all
/// of them negative.</para>
/// <para>Sums are in double, image by image in a fixed tree, so neither threads nor vectors change a bit. Cost: patches · (in·window)² multiply-adds.</para>
/// <para>Source: K. Jordan, "94% on CIFAR-10 in 3.29 seconds on a single GPU", arXiv:2404.00498, section 3.2.</para>
/// </remarks>
public static unsafe class Whitening
{
    /// <summary>Added to the eigenvalues in the published networks.</summary>
    public const double DefaultEpsilon = 5e-4;

    /// <summary>Fills the filters of a layer.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="layer">A convolution of a built model, its filters frozen or not: 2·in·window of them, or as many of the first as it has.</param>
    /// <param name="images">Pixels with channels last, [image, y, x, channel].</param>
    /// <param name="size">How many images of which size.</param>
    /// <param name="epsilon">Added to the eigenvalues. Default 5e-4.</param>
    /// <exception cref="ArgumentException">There are more filters than 2·in·window, the span does not hold the images, or no window fits into one.</exception>
    /// <exception cref="ArithmeticException">The images are not finite.</exception>
    public static void Fill(WorkerTeam? team, Conv2d layer, ReadOnlySpan<float> images, Images size, double epsilon = DefaultEpsilon)
    {
        MemoryBlock filters = layer.Weight?.Weights ?? layer.FrozenWeight!.Values;
        Fill(team, images, size, layer.Inputs, layer.Window, filters.Span, epsilon);
    }

    /// <summary>Computes filters.</summary>
    /// <param name="team">Workers; null runs on the calling thread.</param>
    /// <param name="images">Pixels with channels last, [image, y, x, channel].</param>
    /// <param name="size">How many images of which size.</param>
    /// <param name="channels">Channels of the images.</param>
    /// <param name="window">Height and width of the patches, side by side by a pixel; stride and padding do not count.</param>
    /// <param name="filters">Out: [filters, channels, window height, window width], at most 2·channels·window of them.</param>
    /// <param name="epsilon">Added to the eigenvalues. Default 5e-4.</param>
    /// <exception cref="ArgumentException">The spans do not fit, or no window fits into an image.</exception>
    /// <exception cref="ArithmeticException">The images are not finite.</exception>
    public static void Fill(
        WorkerTeam? team, ReadOnlySpan<float> images, Images size, int channels, Window window, Span<float> filters, double epsilon = DefaultEpsilon)
    {
        int length = channels * window.Pixels, count = filters.Length / length;
        Rule.Check(
            images.Length == (long)size.Rows * channels, $"[whitening] there is a number for each channel of each pixel; {images.Length} for {channels} channels, images {size}");
        Rule.Check(
            filters.Length == count * length && count <= 2 * length, $"[whitening] there are up to {2 * length} filters of {length} weights; {filters.Length} weights");
        Images patches = new Window(window.Height, window.Width).Over(size);
        double[] covariance = new double[size.Batch * length * length], values = new double[length], vectors = new double[length * length];
        double[] scratch = new double[SymmetricEigen.ScratchLength(length)];
        fixed (float* pixels = images)
        fixed (double* sums = covariance, value = values, vector = vectors, work = scratch)
        {
            var job = new CovarianceJob(pixels, sums, size, patches, channels, window);
            TeamRunner.Run(team, size.Batch, ref job);
            job.Combine();
            SymmetricEigen.Compute(team, sums, length, value, vector, work);
        }

        for (int i = 0; i < filters.Length; i++)
        {
            (int filter, int element) = Math.DivRem(i, length);
            int source = filter % length;
            double weight = vectors[(source * length) + element] / Math.Sqrt(Math.Max(values[source], 0) + epsilon);
            filters[i] = (float)(filter < length ? weight : -weight);
        }
    }

    /// <summary>A task is an image: the sum of p pᵀ over its patches, [in, window] in the order of a filter.</summary>
    private readonly struct CovarianceJob(float* pixels, double* sums, Images size, Images patches, int channels, Window window) : ITeamJob
    {
        private int Length => channels * window.Pixels;

        public void Run(int task, int worker)
        {
            double* sum = sums + ((nint)task * Length * Length), patch = stackalloc double[Length];
            for (int y = 0; y < patches.Height; y++)
            {
                for (int x = 0; x < patches.Width; x++)
                {
                    Read(task, y, x, patch);
                    for (int i = 0; i < Length; i++)
                    {
                        for (int j = 0; j <= i; j++)
                        {
                            sum[(i * Length) + j] += patch[i] * patch[j];
                        }
                    }
                }
            }
        }

        /// <summary>The mean over all images, in the place of the first one's sum.</summary>
        public void Combine()
        {
            int square = Length * Length;
            double count = (double)patches.Batch * patches.Pixels;
            for (int stride = 1; stride < patches.Batch; stride *= 2)
            {
                for (int image = 0; image + stride < patches.Batch; image += 2 * stride)
                {
                    for (int i = 0; i < square; i++)
                    {
                        sums[((nint)image * square) + i] += sums[((nint)(image + stride) * square) + i];
                    }
                }
            }

            for (int i = 0; i < Length; i++)
            {
                for (int j = 0; j <= i; j++)
                {
                    sums[(j * Length) + i] = sums[(i * Length) + j] /= count;
                }
            }
        }

        private void Read(int image, int y, int x, double* patch)
        {
            for (int u = 0; u < window.Height; u++)
            {
                float* row = pixels + ((((((nint)image * size.Height) + y + u) * size.Width) + x) * channels);
                for (int v = 0; v < window.Width; v++)
                {
                    for (int channel = 0; channel < channels; channel++)
                    {
                        patch[(((channel * window.Height) + u) * window.Width) + v] = row[(v * channels) + channel];
                    }
                }
            }
        }
    }
}
