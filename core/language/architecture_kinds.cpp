#include "architecture_kinds.hpp"

#include <algorithm>

namespace weightloom {

const std::vector<ArchitectureKind>& architecture_kinds() {
  static const std::vector<ArchitectureKind> all{
      {"mlp",
       {"mlp", "perceptron", "fully connected", "feedforward", "feed forward", "dense network", "dense net",
        "dense layer", "multilayer", "multi-layer"}},
      {"cnn",
       {"cnn", "convolutional", "convolution", "convnet", "conv net", "conv network", "conv layer", "covnet"},
       true},
      {"resnet", {"resnet", "residual", "skip connection", "shortcut connection", "res net"}},
      {"vit", {"vit", "transformer", "vision transformer", "self-attention", "attention based"}},
      {"mixer", {"mixer", "mlp-mixer"}},
      {"vgg", {"vgg"}},
      {"lstm", {"lstm", "long short-term"}},
      {"rnn", {"rnn", "recurrent", "gru"}},
      {"gan", {"gan", "adversarial"}},
      {"diffusion", {"diffusion"}},
      {"normalizing flow", {"normalizing flow", "normalising flow"}},
      {"autoencoder", {"autoencoder", "auto-encoder", "vae"}},
      {"unet", {"unet", "u-net"}},
      {"mobilenet", {"mobilenet"}},
      {"efficientnet", {"efficientnet"}},
      {"densenet", {"densenet"}},
      {"inception", {"inception", "googlenet"}},
      {"alexnet", {"alexnet"}},
      {"lenet", {"lenet"}},
      {"yolo", {"yolo"}},
      {"object detector", {"ssd", "detr", "efficientdet"}},
      {"r-cnn", {"r-cnn", "rcnn"}},
      {"bert", {"bert"}},
      {"gpt", {"gpt"}},
      {"mamba", {"mamba"}},
      {"swin", {"swin"}},
      {"convnext", {"convnext"}},
      {"capsule", {"capsule network", "capsule net", "capsnet"}},
      {"graph network", {"graph neural", "graph network", "gnn"}},
      {"spiking network", {"spiking"}},
      {"decision tree",
       {"decision tree", "decision stump", "random forest", "extra trees", "xgboost", "lightgbm", "catboost",
        "adaboost", "boosting", "boosted tree"}},
      {"support vector machine", {"svm", "support vector"}},
      {"kernel machine", {"kernel machine", "kernel method", "gaussian process", "gaussian processes"}},
      {"nearest neighbours",
       {"nearest neighbour", "nearest neighbor", "nearest centroid", "nearest mean", "knn", "k-nn", "k-nearest"}},
      {"regression",
       {"logistic regression", "linear regression", "ridge regression", "lasso regression", "elastic net"}},
      {"principal components", {"pca", "principal component", "eigenface"}},
      {"discriminant analysis", {"lda", "discriminant analysis", "linear discriminant", "quadratic discriminant"}},
      {"embedding",
       {"t-sne", "tsne", "umap", "multidimensional scaling", "self-organising map", "self-organizing map"}},
      {"naive Bayes", {"naive bayes", "bayesian network", "bayes classifier"}},
      {"clustering", {"k-means", "kmeans", "clustering", "dbscan", "mean shift", "gaussian mixture"}},
      {"Markov model", {"markov model", "hidden markov"}},
      {"Boltzmann machine", {"boltzmann machine", "deep belief"}},
      {"reservoir", {"echo state", "liquid state", "reservoir computing", "extreme learning"}},
      {"radial basis functions", {"radial basis", "rbf network", "rbf net"}},
      {"language model", {"llm", "language model", "zero-shot"}},
      {"Hopfield network", {"hopfield network", "hopfield net"}},
      {"genetic algorithm",
       {"genetic algorithm", "genetic programming", "evolution strategy", "evolutionary algorithm", "particle swarm",
        "simulated annealing"}},
      {"fuzzy logic", {"fuzzy logic", "expert system", "rule based"}},
      {"reinforcement learning", {"reinforcement learning", "q-learning"}},
      {"template matching", {"template matching", "dynamic time warping"}},
      {"OCR engine", {"ocr engine", "tesseract"}},
      {"hand-made features",
       {"hough", "visual words", "bag of words", "sift features", "sift descriptor", "hog features", "hog descriptor",
        "edge detection", "edge detector", "haar cascade", "viola-jones"}},
      {"siamese network", {"siamese network", "siamese net"}},
      {"squeezenet", {"squeezenet"}},
      {"xception", {"xception"}},
      {"regnet", {"regnet"}},
      {"quantum network", {"quantum"}},
      {"deit", {"deit"}},
      {"beit", {"beit"}},
      {"maxvit", {"maxvit"}},
      {"mobilevit", {"mobilevit"}},
      {"rwkv", {"rwkv"}},
      {"shufflenet", {"shufflenet"}},
      {"resnext", {"resnext"}},
      {"kolmogorov-arnold network", {"kolmogorov-arnold"}}};
  return all;
}

bool is_kind_of_network(std::string_view call) {
  return std::ranges::any_of(architecture_kinds(), [&](const ArchitectureKind& kind) {
    return std::ranges::find(kind.calls, call) != kind.calls.end();
  });
}

}  // namespace weightloom
