namespace MuonSharp.Nn.Tests.Reference;

/// <summary>A convolution of channels-last images and its gradients by plain loops in double: every pixel of every window of every filter.</summary>
internal sealed class ReferenceConvolution
{
    public ReferenceConvolution(double[] x, double[] filters, double[] bias, double[] dy, Images images, Window window, int inputs, int outputs)
    {
        int height = (images.Height + (2 * window.Padding) - window.Height) / window.Stride, width = (images.Width + (2 * window.Padding) - window.Width) / window.Stride;
        (Y, X, Filters, Bias) = (new double[images.Batch * (height + 1) * (width + 1) * outputs], new double[x.Length], new double[filters.Length], new double[outputs]);
        int at = 0;
        for (int n = 0; n < images.Batch; n++)
            for (int i = 0; i <= height; i++)
                for (int j = 0; j <= width; j++)
                    for (int o = 0; o < outputs; o++, at++)
                    {
                        Y[at] = bias[o];
                        Bias[o] += dy[at];
                        for (int c = 0; c < inputs; c++)
                            for (int u = 0; u < window.Height; u++)
                                for (int v = 0; v < window.Width; v++)
                                {
                                    (int row, int column) = ((i * window.Stride) + u - window.Padding, (j * window.Stride) + v - window.Padding);
                                    if (row < 0 || column < 0 || row >= images.Height || column >= images.Width) continue;
                                    int from = ((((n * images.Height) + row) * images.Width + column) * inputs) + c, filter = ((((o * inputs) + c) * window.Height + u) * window.Width) + v;
                                    Y[at] += x[from] * filters[filter];
                                    X[from] += dy[at] * filters[filter];
                                    Filters[filter] += dy[at] * x[from];
                                }
                    }
    }

    public double[] Y { get; }

    public double[] X { get; }

    public double[] Filters { get; }

    public double[] Bias { get; }
}
