namespace MuonSharp.Nn.Tests.Reference;

/// <summary>y = x / sqrt(mean(x²) + epsilon) * gain along each row.</summary>
internal static class ReferenceRmsNorm
{
    public static double[] Forward(double[] x, double[] gain, int rows, int width, double epsilon)
    {
        double[] y = new double[x.Length];
        for (int r = 0; r < rows; r++)
        {
            double scale = Scale(x, r, width, epsilon);
            for (int j = 0; j < width; j++) y[(r * width) + j] = x[(r * width) + j] * scale * gain[j];
        }

        return y;
    }

    /// <summary>With n = x scale and g = dy gain: dx = scale (g - n mean(g n)); dGain = sum dy n.</summary>
    public static (double[] Input, double[] Gain) Backward(double[] dy, double[] x, double[] gain, int rows, int width, double epsilon)
    {
        double[] dx = new double[x.Length], dGain = new double[width];
        for (int r = 0; r < rows; r++)
        {
            double scale = Scale(x, r, width, epsilon), meanOfProduct = 0;
            for (int j = 0; j < width; j++)
            {
                double n = x[(r * width) + j] * scale, d = dy[(r * width) + j];
                dGain[j] += d * n;
                meanOfProduct += d * gain[j] * n / width;
            }

            for (int j = 0; j < width; j++)
            {
                double n = x[(r * width) + j] * scale;
                dx[(r * width) + j] = scale * ((dy[(r * width) + j] * gain[j]) - (n * meanOfProduct));
            }
        }

        return (dx, dGain);
    }

    private static double Scale(double[] x, int row, int width, double epsilon)
    {
        double sum = 0;
        for (int j = 0; j < width; j++) sum += x[(row * width) + j] * x[(row * width) + j];
        return 1 / Math.Sqrt((sum / width) + epsilon);
    }
}
