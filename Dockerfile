# JupyterLab at the course. Not tried on a machine yet; a weekly workflow builds it.
#   docker build -t lenet5 .
#   docker run --rm -p 8888:8888 -v lenet5:/home/learner/course/my_notebooks lenet5
# Then open the address that it prints. Your copies of the chapters stay in the volume `lenet5`.
FROM python:3.12-slim
RUN useradd --create-home learner
USER learner
RUN mkdir -p /home/learner/course/my_notebooks
WORKDIR /home/learner/course
COPY --chown=learner requirements.txt .
RUN pip install --no-cache-dir -r requirements.txt
COPY --chown=learner . .
RUN pip install --no-cache-dir --no-deps -e .
EXPOSE 8888
CMD ["python", "-m", "course", "lab", "--ip=0.0.0.0", "--no-browser"]
