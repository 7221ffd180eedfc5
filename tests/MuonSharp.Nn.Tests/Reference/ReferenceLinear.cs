namespace MuonSharp.Nn.Tests.Reference;

/// <summary>y = x Wᵀ + b for W stored [out, in]. W stored [in, out] is transposed by the caller.</summary>
internal static class ReferenceLinear
{
    public static double[] Forward(double[] x, double[] weight, double[]? bias, int tokens, int fanIn, int fanOut)
    {
        double[] y = new double[tokens * fanOut];
        for (int t = 0; t < tokens; t++)
        {
            for (int o = 0; o < fanOut; o++)
            {
                double sum = bias?[o] ?? 0;
                for (int i = 0; i < fanIn; i++) sum += x[(t * fanIn) + i] * weight[(o * fanIn) + i];
                y[(t * fanOut) + o] = sum;
            }
        }

        return y;
    }

    public static double[] BackwardInput(double[] dy, double[] weight, int tokens, int fanIn, int fanOut)
    {
        double[] dx = new double[tokens * fanIn];
        for (int t = 0; t < tokens; t++)
            for (int o = 0; o < fanOut; o++)
                for (int i = 0; i < fanIn; i++)
                    dx[(t * fanIn) + i] += dy[(t * fanOut) + o] * weight[(o * fanIn) + i];
        return dx;
    }

    public static double[] BackwardWeight(double[] dy, double[] x, int tokens, int fanIn, int fanOut)
    {
        double[] dWeight = new double[fanOut * fanIn];
        for (int t = 0; t < tokens; t++)
            for (int o = 0; o < fanOut; o++)
                for (int i = 0; i < fanIn; i++)
                    dWeight[(o * fanIn) + i] += dy[(t * fanOut) + o] * x[(t * fanIn) + i];
        return dWeight;
    }

    public static double[] BackwardBias(double[] dy, int tokens, int fanOut)
    {
        double[] dBias = new double[fanOut];
        for (int t = 0; t < tokens; t++)
            for (int o = 0; o < fanOut; o++)
                dBias[o] += dy[(t * fanOut) + o];
        return dBias;
    }

    public static double[] Transpose(double[] matrix, int rows, int columns)
    {
        double[] result = new double[matrix.Length];
        for (int i = 0; i < rows; i++)
            for (int j = 0; j < columns; j++)
                result[(j * rows) + i] = matrix[(i * columns) + j];
        return result;
    }
}
