namespace MuonSharp.Nn.Tests.Reference;

/// <summary>y = (x - mean) / sqrt(variance + epsilon) * gain + bias along each row; the variance divides by the width.</summary>
internal static class ReferenceLayerNorm
{
    public static double[] Forward(double[] x, double[] gain, double[]? bias, int rows, int width, double epsilon)
    {
        double[] y = new double[x.Length];
        for (int r = 0; r < rows; r++)
        {
            (double mean, double scale) = Moments(x, r, width, epsilon);
            for (int j = 0; j < width; j++) y[(r * width) + j] = ((x[(r * width) + j] - mean) * scale * gain[j]) + (bias?[j] ?? 0);
        }

        return y;
    }

    /// <summary>With n = (x - mean) scale and g = dy gain: dx = scale (g - mean(g) - n mean(g n)); dGain = sum dy n; dBias = sum dy.</summary>
    public static (double[] Input, double[] Gain, double[] Bias) Backward(double[] dy, double[] x, double[] gain, int rows, int width, double epsilon)
    {
        double[] dx = new double[x.Length], dGain = new double[width], dBias = new double[width];
        for (int r = 0; r < rows; r++)
        {
            (double mean, double scale) = Moments(x, r, width, epsilon);
            double meanOfGradient = 0, meanOfProduct = 0;
            for (int j = 0; j < width; j++)
            {
                double n = (x[(r * width) + j] - mean) * scale, d = dy[(r * width) + j];
                dGain[j] += d * n;
                dBias[j] += d;
                meanOfGradient += d * gain[j] / width;
                meanOfProduct += d * gain[j] * n / width;
            }

            for (int j = 0; j < width; j++)
            {
                double n = (x[(r * width) + j] - mean) * scale;
                dx[(r * width) + j] = scale * ((dy[(r * width) + j] * gain[j]) - meanOfGradient - (n * meanOfProduct));
            }
        }

        return (dx, dGain, dBias);
    }

    private static (double Mean, double Scale) Moments(double[] x, int row, int width, double epsilon)
    {
        double mean = 0, variance = 0;
        for (int j = 0; j < width; j++) mean += x[(row * width) + j] / width;
        for (int j = 0; j < width; j++) variance += (x[(row * width) + j] - mean) * (x[(row * width) + j] - mean) / width;
        return (mean, 1 / Math.Sqrt(variance + epsilon));
    }
}
