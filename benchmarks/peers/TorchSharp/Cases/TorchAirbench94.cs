using MuonSharp.Nn;
using MuonSharp.Optimizers;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;
using Tensor = TorchSharp.torch.Tensor;

namespace MuonSharp.Peers;

/// <summary>A training step of airbench94 in TorchSharp: the layers of <c>CifarNet</c>, Muon for the filters, SGD for biases and head.</summary>
/// <remarks>Gradients come from <c>autograd.grad</c>, so none is added to zeros; what the backward run does not read is freed as soon as it was used.</remarks>
internal sealed class TorchAirbench94 : IWork
{
    private static readonly long[] s_padding = [1, 1];
    private readonly List<Tensor> _parameters = [], _buffers = [];
    private readonly List<Group> _groups = [];
    private readonly List<TorchMuon> _muon = [];
    private readonly List<(int Parameter, Tensor Momentum, float Rate)> _sgd = [];
    private readonly Tensor _images, _labels, _whitening, _whiteningBias, _head;
    private readonly int _batch;

    /// <summary>With the weights that our own has at first.</summary>
    public TorchAirbench94(int batch, string form)
    {
        using OurAirbench94 ours = new(batch, threads: 0);
        AirbenchData data = AirbenchData.Of(batch);
        Airbench94 network = ours.Network;
        _batch = batch;
        _images = ImageForm.Images(form, data.Pixels, batch, AirbenchData.Size, AirbenchData.Size, AirbenchData.Channels);
        _labels = Weights.Of(data.Labels, batch);
        Conv2d whitening = network.Whitening;
        _whitening = ImageForm.Filters(form, whitening.FrozenWeight!.Values.Span.ToArray(), whitening.Outputs, whitening.Inputs, whitening.Window.Height);
        _buffers.AddRange([_images, _labels, _whitening]);
        _whiteningBias = Sgd(whitening.Bias!, AirbenchRecipe.BiasRate);
        foreach (ConvolutionGroup group in network.Groups)
        {
            _groups.Add(new(Filters(group.First, form), Norm(group.FirstNorm), Filters(group.Second, form), Norm(group.SecondNorm)));
        }

        _head = Sgd(network.Head.Weight, AirbenchRecipe.HeadRate);
    }

    /// <summary>Names of our parameters in the order of <see cref="Gradients"/>.</summary>
    public List<string> Names { get; } = [];

    /// <summary>The weights, in the order of <see cref="Names"/>.</summary>
    public IReadOnlyList<Tensor> Parameters => _parameters;

    /// <inheritdoc/>
    public void Run()
    {
        using DisposeScope scope = NewDisposeScope();
        Update(Gradients().Gradients);
    }

    /// <summary>Forward and backward: the loss, the sum over the images; the logits; the gradient of each parameter.</summary>
    public (Tensor Loss, Tensor Logits, IList<Tensor> Gradients) Gradients()
    {
        Tensor x = F.conv2d(_images, _whitening, _whiteningBias);
        x = Then(x, F.gelu(x));
        foreach (Group group in _groups)
        {
            x = Then(x, F.conv2d(x, group.First, padding: s_padding));
            x = Then(x, F.max_pool2d(x, 2));
            x = Then(x, group.FirstNorm.Forward(x));
            x = Then(x, F.gelu(x));
            x = Then(x, F.conv2d(x, group.Second, padding: s_padding));
            x = Then(x, group.SecondNorm.Forward(x));
            x = Then(x, F.gelu(x));
        }

        x = Then(x, F.max_pool2d(x, x.shape[2]));
        x = Then(x, x.flatten(1));
        x = Then(x, F.linear(x, _head));
        Tensor logits = Then(x, x.mul(1f / _head.shape[1]));
        Tensor loss = F.cross_entropy(logits, _labels, reduction: nn.Reduction.Sum, label_smoothing: AirbenchRecipe.LabelSmoothing);
        return (loss, logits, autograd.grad([loss], _parameters));
    }

    /// <summary>The update.</summary>
    public void Update(IList<Tensor> gradients)
    {
        using IDisposable frozen = no_grad();
        using DisposeScope scope = NewDisposeScope();
        foreach ((int number, Tensor momentum, float rate) in _sgd)
        {
            Tensor weight = _parameters[number];
            Tensor direction = gradients[number].add(weight, AirbenchRecipe.Decay * _batch / rate);
            momentum.mul_(AirbenchRecipe.Momentum).add_(direction);
            weight.add_(direction.add_(momentum, AirbenchRecipe.Momentum), -rate);
        }

        int matrix = 0;
        for (int number = 0; number < _parameters.Count; number++)
        {
            if (_parameters[number].dim() == 4)
            {
                _muon[matrix++].Step(gradients[number]);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _muon.ForEach(muon => muon.Dispose());
        _sgd.ForEach(sgd => sgd.Momentum.Dispose());
        _parameters.ForEach(parameter => parameter.Dispose());
        _buffers.ForEach(buffer => buffer.Dispose());
    }

    /// <summary>What comes after x, which nobody needs any more but, it may be, the backward run.</summary>
    private static Tensor Then(Tensor x, Tensor next)
    {
        x.Dispose();
        return next;
    }

    private Tensor Filters(Conv2d layer, string form)
    {
        Tensor weight = Add(layer.Weight!, ImageForm.Filters(form, layer.Weight!.Weights.Span.ToArray(), layer.Outputs, layer.Inputs, layer.Window.Height));
        _muon.Add(new(weight, TorchMuonOptions.Airbench94));
        return weight;
    }

    private TorchNorm Norm(BatchNorm layer)
    {
        long width = layer.Bias.Length;
        TorchNorm norm = new(ones(width), Sgd(layer.Bias, AirbenchRecipe.BiasRate), zeros(width), ones(width));
        _buffers.AddRange([norm.Gain, norm.Mean, norm.Variance]);
        return norm;
    }

    private Tensor Sgd(Parameter parameter, float rate)
    {
        _sgd.Add((_parameters.Count, zeros(parameter.Shape.Select(size => (long)size).ToArray()), rate));
        return Add(parameter, Weights.Of(parameter));
    }

    private Tensor Add(Parameter parameter, Tensor weight)
    {
        Names.Add(parameter.Name);
        _parameters.Add(weight.requires_grad_());
        return weight;
    }

    private sealed record Group(Tensor First, TorchNorm FirstNorm, Tensor Second, TorchNorm SecondNorm);

    private sealed record TorchNorm(Tensor Gain, Tensor Bias, Tensor Mean, Tensor Variance)
    {
        public Tensor Forward(Tensor x) => F.batch_norm(x, Mean, Variance, Gain, Bias, training: true, AirbenchRecipe.Share, AirbenchRecipe.Epsilon);
    }
}
